namespace NetProfiler.Telemetry;

/// <summary>The value of a sample. Whole numbers are stored as integers: a counter above 2^53 stays exact.</summary>
public readonly record struct MetricValue
{
    private readonly double _real;
    private readonly long _whole;
    private readonly bool _isWhole;

    private MetricValue(long whole) => (_whole, _isWhole) = (whole, true);

    private MetricValue(double real) => _real = real;

    public static MetricValue FromInt64(long value) => new(value);

    public static MetricValue FromDouble(double value) => new(value);

    public static implicit operator MetricValue(long value) => new(value);

    public static implicit operator MetricValue(double value) => new(value);

    internal void AppendTo(ref Utf8Appender text)
    {
        if (_isWhole) text.Append(_whole);
        else text.Append(_real);
    }
}
