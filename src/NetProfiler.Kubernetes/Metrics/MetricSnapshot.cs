namespace NetProfiler.Kubernetes.Metrics;

public enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>All series of one metric at one moment. A counter's name has no suffix <c>_total</c>: the exposition adds it.</summary>
/// <param name="Unit">The name's last part, where it has one.</param>
public sealed record MetricSnapshot(string Name, MetricKind Kind, string Help, string? Unit, IReadOnlyList<SeriesSnapshot> Series);

/// <param name="Value">Of a counter or gauge.</param>
/// <param name="Histogram">Of a histogram, else null.</param>
public sealed record SeriesSnapshot(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, HistogramSnapshot? Histogram = null);

/// <param name="Bounds">Upper, inclusive; the last bucket has none.</param>
/// <param name="Counts">One more than bounds; each counts its own bucket alone.</param>
public sealed record HistogramSnapshot(IReadOnlyList<double> Bounds, IReadOnlyList<long> Counts, double Sum, long Count);
