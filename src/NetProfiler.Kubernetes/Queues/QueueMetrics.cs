using Prometheus;

namespace NetProfiler.Kubernetes.Queues;

/// <summary>Metrics with the names of client-go.</summary>
internal sealed class QueueMetrics(CollectorRegistry registry, string name)
{
    private readonly Gauge _depth = registry.Gauge("workqueue_depth", "Number of queued keys.", "name");
    private readonly Counter _adds = registry.Counter("workqueue_adds_total", "Total number of keys added.", "name");
    private readonly Counter _retries = registry.Counter("workqueue_retries_total",
        "Total number of keys requeued after a failure.", "name");

    private readonly Histogram _waited = registry.ShortDurations("workqueue_queue_duration_seconds",
        "Time in seconds that keys waited in the queue.", "name");

    private readonly Histogram _worked = registry.ShortDurations("workqueue_work_duration_seconds",
        "Duration of processing a key in seconds.", "name");

    private readonly Gauge _unfinished = registry.Gauge("workqueue_unfinished_work_seconds",
        "Time in seconds that unfinished reconciliations have taken so far.", "name");

    private readonly Gauge _longest = registry.Gauge("workqueue_longest_running_processor_seconds",
        "Time in seconds that the longest running reconciliation has taken so far.", "name");

    public void Watch(Func<int> depth, Func<double> unfinished, Func<double> longest)
    {
        registry.Observe(_depth.WithLabels(name), () => depth());
        registry.Observe(_unfinished.WithLabels(name), unfinished);
        registry.Observe(_longest.WithLabels(name), longest);
    }

    public void Added() => _adds.WithLabels(name).Inc();

    public void Retried() => _retries.WithLabels(name).Inc();

    public void Taken(TimeSpan waited) => _waited.WithLabels(name).Observe(waited.TotalSeconds);

    public void Worked(TimeSpan duration) => _worked.WithLabels(name).Observe(duration.TotalSeconds);
}
