namespace NetProfiler.Kubernetes.Metrics;

/// <summary>Counts what the client layer does, under the names that dashboards of Go's client and controllers know. Thread-safe.</summary>
public sealed class MetricsRegistry
{
    private readonly Lock _lock = new();
    private readonly List<Metric> _metrics = [];

    /// <summary>A metric that is there already is given again; it must be of the same shape.</summary>
    public Counter Counter(string name, string help, string? unit = null, params string[] labels) =>
        (Counter)GetOrAdd(name, () => new Counter(name, help, unit, labels));

    public Gauge Gauge(string name, string help, string? unit = null, params string[] labels) =>
        (Gauge)GetOrAdd(name, () => new Gauge(name, help, unit, labels));

    public Histogram Histogram(string name, string help, string? unit, IReadOnlyList<double> bounds, params string[] labels) =>
        (Histogram)GetOrAdd(name, () => new Histogram(name, help, unit, bounds, labels));

    /// <summary>In the order of their creation.</summary>
    public IReadOnlyList<MetricSnapshot> Snapshot()
    {
        Metric[] metrics;
        lock (_lock) metrics = [.. _metrics];
        return Array.ConvertAll(metrics, metric => metric.Snapshot());
    }

    private Metric GetOrAdd(string name, Func<Metric> create)
    {
        lock (_lock)
        {
            var metric = _metrics.Find(other => other.Name == name);
            if (metric is null) _metrics.Add(metric = create());
            return metric;
        }
    }
}
