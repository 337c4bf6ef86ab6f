namespace NetProfiler.Kubernetes.Metrics;

/// <summary>Series of one name, told apart by the values of its labels.</summary>
public abstract class Metric
{
    /// <summary>Far above what the layer needs; a caller's mistake folds into one series instead of growing.</summary>
    public const int MaxSeries = 1000;

    private const string Overflow = "overflow";

    private protected readonly Lock Lock = new();
    private readonly string[] _labels;
    private readonly string? _unit;
    private readonly MetricKind _kind;
    private readonly string _help;

    private protected Metric(string name, MetricKind kind, string help, string? unit, string[] labels) =>
        (Name, _kind, _help, _unit, _labels) = (name, kind, help, unit, labels);

    internal string Name { get; }

    internal MetricSnapshot Snapshot()
    {
        lock (Lock) return new MetricSnapshot(Name, _kind, _help, _unit, Series());
    }

    private protected abstract IReadOnlyList<SeriesSnapshot> Series();

    private protected KeyValuePair<string, string>[] Labels(LabelValues values)
    {
        var labels = new KeyValuePair<string, string>[_labels.Length];
        for (var i = 0; i < labels.Length; i++) labels[i] = new(_labels[i], values[i]);
        return labels;
    }

    private protected void Check(string[] values)
    {
        if (values.Length != _labels.Length) throw new ArgumentException($"{Name} has {_labels.Length} labels, not {values.Length}");
    }

    private protected LabelValues Key<TValue>(Dictionary<LabelValues, TValue> series, string[] values)
    {
        Check(values);
        var key = new LabelValues(values);
        return series.Count < MaxSeries || series.ContainsKey(key) ? key : new(Array.ConvertAll(values, _ => Overflow));
    }

    /// <summary>Compared by what is in it.</summary>
    private protected readonly struct LabelValues(string[] values) : IEquatable<LabelValues>
    {
        private readonly string[] _values = values;

        public string this[int index] => _values[index];

        public bool Equals(LabelValues other) => _values.AsSpan().SequenceEqual(other._values);

        public override bool Equals(object? obj) => obj is LabelValues other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            foreach (var value in _values) hash.Add(value);
            return hash.ToHashCode();
        }
    }
}

public sealed class Counter : Metric
{
    private readonly Dictionary<LabelValues, double> _series = [];

    internal Counter(string name, string help, string? unit, string[] labels)
        : base(name, MetricKind.Counter, help, unit, labels)
    {
    }

    public void Increment(params string[] labelValues) => Add(1, labelValues);

    public void Add(double value, params string[] labelValues)
    {
        lock (Lock)
        {
            var key = Key(_series, labelValues);
            _series[key] = _series.GetValueOrDefault(key) + value;
        }
    }

    /// <summary>For tests, and for those who tell of themselves.</summary>
    public double Value(params string[] labelValues)
    {
        lock (Lock) return _series.GetValueOrDefault(new LabelValues(labelValues));
    }

    private protected override IReadOnlyList<SeriesSnapshot> Series() =>
        [.. _series.Select(series => new SeriesSnapshot(Labels(series.Key), series.Value))];
}

/// <summary>A value that is set, or asked for when somebody looks.</summary>
public sealed class Gauge : Metric
{
    private readonly Dictionary<LabelValues, Func<double>> _series = [];

    internal Gauge(string name, string help, string? unit, string[] labels)
        : base(name, MetricKind.Gauge, help, unit, labels)
    {
    }

    public void Set(double value, params string[] labelValues) => Observe(() => value, labelValues);

    /// <summary><paramref name="read"/> is called at each snapshot, under this metric's lock: it must be short and take no other metric.</summary>
    public void Observe(Func<double> read, params string[] labelValues)
    {
        lock (Lock) _series[Key(_series, labelValues)] = read;
    }

    public double Value(params string[] labelValues)
    {
        lock (Lock) return _series.TryGetValue(new LabelValues(labelValues), out var read) ? read() : 0;
    }

    private protected override IReadOnlyList<SeriesSnapshot> Series() =>
        [.. _series.Select(series => new SeriesSnapshot(Labels(series.Key), series.Value()))];
}

public sealed class Histogram : Metric
{
    private readonly Dictionary<LabelValues, Buckets> _series = [];
    private readonly double[] _bounds;

    internal Histogram(string name, string help, string? unit, IReadOnlyList<double> bounds, string[] labels)
        : base(name, MetricKind.Histogram, help, unit, labels) => _bounds = [.. bounds];

    /// <summary>10 ns to 1000 s, by factors of ten, as Go's work queues have them.</summary>
    public static IReadOnlyList<double> SecondsByTens { get; } = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

    /// <summary>For requests and reconciliations.</summary>
    public static IReadOnlyList<double> Seconds { get; } =
        [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

    public void Observe(double value, params string[] labelValues)
    {
        var index = Array.BinarySearch(_bounds, value);
        if (index < 0) index = ~index;
        lock (Lock)
        {
            var key = Key(_series, labelValues);
            if (!_series.TryGetValue(key, out var buckets)) _series[key] = buckets = new Buckets(_bounds.Length + 1);
            buckets.Counts[index]++;
            buckets.Sum += value;
            buckets.Count++;
        }
    }

    public long Count(params string[] labelValues)
    {
        lock (Lock) return _series.TryGetValue(new LabelValues(labelValues), out var buckets) ? buckets.Count : 0;
    }

    private protected override IReadOnlyList<SeriesSnapshot> Series() => [.. _series.Select(series => new SeriesSnapshot(
        Labels(series.Key), 0, new HistogramSnapshot(_bounds, [.. series.Value.Counts], series.Value.Sum, series.Value.Count)))];

    private sealed class Buckets(int count)
    {
        public long[] Counts { get; } = new long[count];

        public double Sum { get; set; }

        public long Count { get; set; }
    }
}
