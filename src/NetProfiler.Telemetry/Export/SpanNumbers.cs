namespace NetProfiler.Telemetry.Export;

/// <summary>Numbers the exchanges of each span, for the latest spans: an old span starts at 1 again.</summary>
internal sealed class SpanNumbers
{
    /// <summary>Size of each of the two generations of spans; the older one is dropped as a whole.</summary>
    public const int MaxSpans = 4096;

    private Dictionary<string, int> _current = [];
    private Dictionary<string, int> _older = [];

    public int Next(string span)
    {
        int number = 1 + (_current.TryGetValue(span, out int known) || _older.TryGetValue(span, out known) ? known : 0);
        if (_current.Count >= MaxSpans && !_current.ContainsKey(span)) (_older, _current) = (_current, []);
        _current[span] = number;
        return number;
    }
}
