using System.Text;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>The processes of connections, one object each, so that a connection costs no string. Ring-buffer thread only.</summary>
internal sealed class ProcessTable
{
    /// <summary>All are forgotten when there are more.</summary>
    private const int MaxProcesses = 16384;

    private readonly Dictionary<int, ProcessIdentity> _processes = [];

    /// <param name="name">UTF-8 as far as the process cared; what cannot be printed is replaced.</param>
    /// <param name="isContainerKnown">False: whatever container is remembered is right.</param>
    public ProcessIdentity Of(int id, ReadOnlySpan<byte> name, ContainerIdentity? container, bool isContainerKnown)
    {
        Span<char> text = stackalloc char[64];
        int length = Encoding.UTF8.TryGetChars(name, text, out int written) ? written : 0;
        PrintableText.Replace(text[..length]); // a program chooses its name
        bool isKnown = _processes.TryGetValue(id, out var known) && (ReferenceEquals(known.Container, container) || !isContainerKnown)
            && known.Name.AsSpan().SequenceEqual(text[..length]);
        if (isKnown) return known!;
        if (_processes.Count == MaxProcesses) _processes.Clear();
        return _processes[id] = new ProcessIdentity(id, new string(text[..length]), container);
    }

    public void Forget(int id) => _processes.Remove(id);
}
