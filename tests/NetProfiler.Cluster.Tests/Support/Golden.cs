namespace NetProfiler.Cluster.Tests.Support;

/// <summary>What a user sees, in golden/. NETPROFILER_ACCEPT=1 writes it anew; read the diff.</summary>
internal static class Golden
{
    public static void Equal(string path, string actual)
    {
        path = Path.Combine(Repository.Tests, path);
        if (Environment.GetEnvironmentVariable("NETPROFILER_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        var expected = File.Exists(path) ? File.ReadAllText(path) : "(no such file)\n";
        Assert.True(expected == actual, $"{path} says\n\n{expected}\nbut there was\n\n{actual}");
    }
}
