using System.Globalization;
using System.Text;
using Prometheus;

namespace NetProfiler.Kubernetes.Tests.Support;

internal static class Exposition
{
    /// <summary>A series' value as a scrape shows it; 0: it is not there.</summary>
    /// <param name="labels">In the order of the family.</param>
    public static double Value(this CollectorRegistry registry, string name, params (string Name, string Value)[] labels)
    {
        using var stream = new MemoryStream();
        registry.CollectAndExportAsTextAsync(stream).GetAwaiter().GetResult();
        var series = labels.Length == 0 ? name : $"{name}{{{string.Join(",", labels.Select(label => $"{label.Name}=\"{label.Value}\""))}}}";
        var line = Encoding.UTF8.GetString(stream.ToArray()).Split('\n')
            .FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
