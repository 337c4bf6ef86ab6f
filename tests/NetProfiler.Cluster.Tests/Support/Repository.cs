using System.Runtime.CompilerServices;

namespace NetProfiler.Cluster.Tests.Support;

internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../.."));

    public static string Tests { get; } = Path.Combine(Root, "tests/NetProfiler.Cluster.Tests");

    public static string At(string path) => Path.Combine(Root, path);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
