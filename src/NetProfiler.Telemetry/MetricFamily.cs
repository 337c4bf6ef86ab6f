using System.Text;

namespace NetProfiler.Telemetry;

public enum MetricType
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>All series of one metric at one moment. Immutable: written by other threads than the one that counts.</summary>
public sealed class MetricFamily
{
    private const string TotalSuffix = "_total";

    /// <summary>
    /// The name excludes the suffix <c>_total</c>, which the exposition adds to a counter's samples; a unit ("seconds", "bytes") is the
    /// last part of the name.
    /// </summary>
    public MetricFamily(string name, MetricType type, string help, string? unit, IReadOnlyList<MetricSeries> series)
    {
        if (!ExpositionName.IsValid(name)) throw new ArgumentException($"'{name}' is not a metric name", nameof(name));
        if (name.EndsWith(TotalSuffix, StringComparison.Ordinal))
            throw new ArgumentException($"'{name}': {TotalSuffix} is added when it is written", nameof(name));
        if (unit is not null && !name.EndsWith("_" + unit, StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' does not end with its unit '{unit}'", nameof(unit));

        Name = name;
        Type = type;
        Help = help;
        Unit = unit;
        Series = series;
        Utf8Name = Encoding.ASCII.GetBytes(name);
    }

    public string Name { get; }

    public MetricType Type { get; }

    public string Help { get; }

    public string? Unit { get; }

    public IReadOnlyList<MetricSeries> Series { get; }

    internal byte[] Utf8Name { get; }
}
