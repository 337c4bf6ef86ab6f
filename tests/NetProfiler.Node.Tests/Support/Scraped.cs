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

    public string Text => text;

    /// <summary>The sum over all series of a name with these labels, each as <c>name="value"</c>.</summary>
    public double Sum(string name, params string[] labels) => text.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
}
