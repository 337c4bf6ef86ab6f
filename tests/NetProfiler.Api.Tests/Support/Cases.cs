using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using NetProfiler.Api.TaskFiles;

namespace NetProfiler.Api.Tests.Support;

/// <summary>
/// The cases/ beside the tests: in.yaml, and in out.txt what comes of it: the task with its defaults, or the fault lines. A case
/// whose name begins with "cluster-" is read for the cluster. NETPROFILER_ACCEPT=1 writes out.txt anew; read the diff.
/// </summary>
internal static class Cases
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    public static string Folder { get; } = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "cases");

    public static IEnumerable<string> Names() =>
        Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    public static string Read(string name)
    {
        var use = name.StartsWith("cluster-", StringComparison.Ordinal) ? TaskFileUse.Cluster : TaskFileUse.Standalone;
        using var text = File.OpenText(Path.Combine(Folder, name, "in.yaml"));
        var reading = TaskFile.Parse(text, "in.yaml", use);

        return (reading.IsValid ? JsonSerializer.Serialize(reading.Task, Readable) : string.Join('\n', reading.FaultLines)) + "\n";
    }

    public static string Expected(string name, string actual)
    {
        var path = Path.Combine(Folder, name, "out.txt");
        if (Environment.GetEnvironmentVariable("NETPROFILER_ACCEPT") == "1") File.WriteAllText(path, actual);
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }

    /// <summary>Line by line: what only the expected text has, and what only the actual one.</summary>
    public static string Diff(string expected, string actual)
    {
        var (left, right) = (expected.Split('\n'), actual.Split('\n'));
        var diff = new StringBuilder();

        for (int i = 0, j = 0; i < left.Length || j < right.Length;)
        {
            if (i < left.Length && j < right.Length && left[i] == right[j]) (i, j) = (i + 1, j + 1);
            else if (i < left.Length && !right.Skip(j).Contains(left[i])) diff.Append("- ").AppendLine(left[i++]);
            else if (j < right.Length) diff.Append("+ ").AppendLine(right[j++]);
            else diff.Append("- ").AppendLine(left[i++]);
        }

        return diff.ToString();
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
