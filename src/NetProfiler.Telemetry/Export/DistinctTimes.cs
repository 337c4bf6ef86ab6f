namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Keeps the events that OAP stores apart: it identifies one by segment, time and name, and loses all but one of those that are equal. Of
/// equal ones each begins a nanosecond after the one before. One thread at a time.
/// </summary>
internal sealed class DistinctTimes
{
    /// <summary>Two generations of so many events; the older one is forgotten whole.</summary>
    public const int MaxEvents = 16_384;

    // How many nanoseconds after a time that is taken to look next.
    private Dictionary<(string Segment, string Name, long Time), int> _current = [];
    private Dictionary<(string Segment, string Name, long Time), int> _older = [];

    /// <summary>The time, or the next one that no event of this segment and name has.</summary>
    public long Take(string segment, string name, long unixNanoseconds)
    {
        long time = unixNanoseconds;
        while (_current.TryGetValue((segment, name, time), out int step) || _older.TryGetValue((segment, name, time), out step))
            time += step;
        if (_current.Count >= MaxEvents) (_older, _current) = (_current, []);
        _current[(segment, name, time)] = 1;
        _current[(segment, name, unixNanoseconds)] = (int)(time - unixNanoseconds) + 1;
        return time;
    }
}
