namespace NetProfiler.Node.Tests.Support;

/// <summary>A folder that goes away with everything in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("netprofiler-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Gives the path of what was written.</summary>
    public string Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(name))!);
        System.IO.File.WriteAllText(File(name), text);
        return File(name);
    }

    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
