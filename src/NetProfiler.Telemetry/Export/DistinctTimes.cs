namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Makes the events that OAP stores distinct: it identifies an event by segment, time and name, and keeps only one of several equal ones.
/// Equal events are moved one nanosecond apart. One thread at a time.
/// </summary>
internal sealed class DistinctTimes
{
    /// <summary>Size of each of the two generations of events; the older one is dropped as a whole.</summary>
    public const int MaxEvents = 16_384;

    // The number of nanoseconds after a used time at which the search for a free time continues.
    private Dictionary<(string Segment, string Name, long Time), int> _current = [];
    private Dictionary<(string Segment, string Name, long Time), int> _older = [];

    /// <summary>Returns the time, or the next one that is free for this segment and name.</summary>
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
