using Prometheus;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>Metrics with the names of client-go, where it has them.</summary>
internal sealed class ReflectorMetrics(CollectorRegistry registry, string name)
{
    private readonly Counter _lists = registry.Counter("reflector_lists_total", "Total number of completed lists.", "name");
    private readonly Counter _watches = registry.Counter("reflector_watches_total", "Total number of watches started.", "name");
    private readonly Counter _shortWatches =
        registry.Counter("reflector_short_watches_total", "Total number of watches that ended immediately without an event.", "name");

    private readonly Counter _failures =
        registry.Counter("reflector_failures_total", "Total number of failed lists and watches, by reason.", "name", "reason");

    private readonly Counter _events = registry.Counter("reflector_events_total", "Total number of watch events, by type.", "name", "type");

    private readonly Histogram _listDuration =
        registry.Durations("reflector_list_duration_seconds", "Duration of list requests in seconds.", "name");

    private readonly Histogram _watchDuration =
        registry.Durations("reflector_watch_duration_seconds", "Duration of watches in seconds.", "name");

    private readonly Gauge _items = registry.Gauge("reflector_items", "Number of objects in the cache.", "name");

    private readonly Gauge _synced = registry.Gauge("reflector_synced", "1 if the cache holds the first list, else 0.", "name");

    private readonly Gauge _silence =
        registry.Gauge("reflector_silence_seconds", "Time in seconds since the last list, watch event or bookmark.", "name");

    public void Watch(Func<int> items, Func<bool> synced, Func<TimeSpan> silence)
    {
        registry.Observe(_items.WithLabels(name), () => items());
        registry.Observe(_synced.WithLabels(name), () => synced() ? 1 : 0);
        registry.Observe(_silence.WithLabels(name), () => silence().TotalSeconds);
    }

    public void Listed(TimeSpan duration)
    {
        _lists.WithLabels(name).Inc();
        _listDuration.WithLabels(name).Observe(duration.TotalSeconds);
    }

    public void WatchBegins() => _watches.WithLabels(name).Inc();

    public void WatchEnded(TimeSpan duration, bool wasShort)
    {
        _watchDuration.WithLabels(name).Observe(duration.TotalSeconds);
        if (wasShort) _shortWatches.WithLabels(name).Inc();
    }

    public void Failed(string reason) => _failures.WithLabels(name, reason).Inc();

    public void Event(string type) => _events.WithLabels(name, type).Inc();
}
