using System.Runtime.CompilerServices;

namespace NetProfiler.Repository.Tests;

/// <summary>The files of the repository that these tests read.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../.."));

    /// <summary>The contents of a file, by its path below the root.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Paths below the root, in order, without what a build creates.</summary>
    public static IEnumerable<string> Files(string folder, params string[] extensions) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => extensions.Contains(Path.GetExtension(path)) && !IsBuilt(path))
            .Order(StringComparer.Ordinal);

    /// <summary>Fails with all of the findings, one a line.</summary>
    public static void AssertNone(IEnumerable<string> findings)
    {
        string all = string.Join('\n', findings);
        Assert.True(all.Length == 0, all);
    }

    private static bool IsBuilt(string path) => path.Split('/') is var parts
        && (parts.Contains("bin") || parts.Contains("obj") || parts.Contains("node_modules") || parts[^1] == "vmlinux.h");

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
