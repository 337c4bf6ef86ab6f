using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>client-go's names, where it has one.</summary>
internal sealed class ReflectorMetrics(MetricsRegistry registry, string name)
{
    private readonly Counter _lists = registry.Counter("reflector_lists", "Lists that were read whole.", null, "name");
    private readonly Counter _watches = registry.Counter("reflector_watches", "Watches that were begun.", null, "name");
    private readonly Counter _shortWatches =
        registry.Counter("reflector_short_watches", "Watches that ended at once, with nothing.", null, "name");

    private readonly Counter _failures =
        registry.Counter("reflector_failures", "Lists and watches that failed, by why.", null, "name", "reason");

    private readonly Counter _events = registry.Counter("reflector_events", "What watches told, by type.", null, "name", "type");

    private readonly Histogram _listDuration =
        registry.Histogram("reflector_list_duration_seconds", "Time to read a list.", "seconds", Histogram.Seconds, "name");

    private readonly Histogram _watchDuration =
        registry.Histogram("reflector_watch_duration_seconds", "Life of a watch.", "seconds", Histogram.Seconds, "name");

    private readonly Gauge _items = registry.Gauge("reflector_items", "Objects in the cache.", null, "name");

    private readonly Gauge _synced = registry.Gauge("reflector_synced", "1: the first list is in the cache.", null, "name");

    private readonly Gauge _silence =
        registry.Gauge("reflector_silence_seconds", "Time since the server was last asked or heard of.", "seconds", "name");

    public void Watch(Func<int> items, Func<bool> synced, Func<TimeSpan> silence)
    {
        _items.Observe(() => items(), name);
        _synced.Observe(() => synced() ? 1 : 0, name);
        _silence.Observe(() => silence().TotalSeconds, name);
    }

    public void Listed(TimeSpan duration)
    {
        _lists.Increment(name);
        _listDuration.Observe(duration.TotalSeconds, name);
    }

    public void WatchBegins() => _watches.Increment(name);

    public void WatchEnded(TimeSpan duration, bool wasShort)
    {
        _watchDuration.Observe(duration.TotalSeconds, name);
        if (wasShort) _shortWatches.Increment(name);
    }

    public void Failed(string reason) => _failures.Increment(name, reason);

    public void Event(string type) => _events.Increment(name, type);
}
