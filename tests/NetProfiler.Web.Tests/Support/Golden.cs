using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NetProfiler.Web.Tests.Support;

/// <summary>Compares JSON with a file of golden/. UPDATE_GOLDEN=1 writes them instead, to be read before they are committed.</summary>
internal static class Golden
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Folder { get; } = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..");

    public static void Equal(string name, string json)
    {
        string path = Path.Combine(Folder, "golden", $"{name}.json");
        string actual = JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement, Indented).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(path, actual);
        Assert.Equal(File.ReadAllText(path), actual);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
