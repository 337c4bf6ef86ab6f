namespace NetProfiler.Node.Tests.Support;

/// <summary>An installed program under a name of its own, so that <c>--comm</c> finds this test's and no other's.</summary>
internal sealed class NamedProgram : IDisposable
{
    private static int _number;
    private readonly TemporaryFolder _folder = new();

    public NamedProgram(string program)
    {
        Name = $"t{Environment.ProcessId % 100_000}-{Interlocked.Increment(ref _number)}";
        Path = _folder.File(Name);
        File.CreateSymbolicLink(Path, program.Contains('/') ? program : Live.PathOf(program));
    }

    /// <summary>As the kernel knows it.</summary>
    public string Name { get; }

    public string Path { get; }

    public void Dispose() => _folder.Dispose();
}
