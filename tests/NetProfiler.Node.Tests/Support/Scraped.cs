using System.Globalization;

namespace NetProfiler.Node.Tests.Support;

/// <summary>What <c>/metrics</c> said at one moment.</summary>
internal sealed class Scraped(string text)
{
    public static async Task<Scraped> OfAsync(int port)
    {
        using var http = new HttpClient();
        return new Scraped(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics")));
    }

    /// <summary>The lines of families whose names begin so, but for those that are zero.</summary>
    public string Of(string prefix) =>
        string.Join('\n', text.Split('\n').Where(line => line.StartsWith(prefix, StringComparison.Ordinal)
            && !line.Contains("_bucket", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal)));

    /// <summary>Whether there is a series of a name with these labels, each as <c>name="value"</c>.</summary>
    public bool Has(string name, params string[] labels) => Lines(name, labels).Any();

    /// <summary>The sum over them.</summary>
    public double Sum(string name, params string[] labels) => Lines(name, labels)
        .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));

    private IEnumerable<string> Lines(string name, string[] labels) => text.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal)
            && labels.All(label => line.Contains(label, StringComparison.Ordinal)));
}
