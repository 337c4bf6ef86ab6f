using System.Text;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>One object per process, so that a connection does not allocate a string. Ring-buffer thread only.</summary>
internal sealed class ProcessTable
{
    /// <summary>The table is cleared when it is full.</summary>
    private const int MaxProcesses = 16384;

    private readonly Dictionary<int, ProcessIdentity> _processes = [];

    /// <param name="name">Usually valid UTF-8; characters that cannot be printed are replaced.</param>
    /// <param name="isContainerKnown">If false, a stored container is kept.</param>
    public ProcessIdentity Of(int id, ReadOnlySpan<byte> name, ContainerIdentity? container, bool isContainerKnown)
    {
        Span<char> text = stackalloc char[64];
        int length = Encoding.UTF8.TryGetChars(name, text, out int written) ? written : 0;
        PrintableText.Replace(text[..length]); // a program chooses its own name
        bool isKnown = _processes.TryGetValue(id, out var known) && (ReferenceEquals(known.Container, container) || !isContainerKnown)
            && known.Name.AsSpan().SequenceEqual(text[..length]);
        if (isKnown) return known!;
        if (_processes.Count == MaxProcesses) _processes.Clear();
        return _processes[id] = new ProcessIdentity(id, new string(text[..length]), container);
    }

    public void Forget(int id) => _processes.Remove(id);
}
