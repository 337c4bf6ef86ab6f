using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Kubernetes.Queues;

/// <summary>client-go's names.</summary>
internal sealed class QueueMetrics(MetricsRegistry registry, string name)
{
    private readonly Gauge _depth = registry.Gauge("workqueue_depth", "Keys that wait.", null, "name");
    private readonly Counter _adds = registry.Counter("workqueue_adds", "Keys that were added.", null, "name");
    private readonly Counter _retries = registry.Counter("workqueue_retries", "Keys that were added again after a failure.", null, "name");

    private readonly Histogram _waited = registry.Histogram(
        "workqueue_queue_duration_seconds", "Time that a key waited.", "seconds", Histogram.SecondsByTens, "name");

    private readonly Histogram _worked = registry.Histogram(
        "workqueue_work_duration_seconds", "Time that a key was worked on.", "seconds", Histogram.SecondsByTens, "name");

    private readonly Gauge _unfinished = registry.Gauge(
        "workqueue_unfinished_work_seconds", "Time spent so far on keys that are being worked on.", "seconds", "name");

    private readonly Gauge _longest = registry.Gauge(
        "workqueue_longest_running_processor_seconds", "Time spent so far on the key that is worked on longest.", "seconds", "name");

    public void Watch(Func<int> depth, Func<double> unfinished, Func<double> longest)
    {
        _depth.Observe(() => depth(), name);
        _unfinished.Observe(unfinished, name);
        _longest.Observe(longest, name);
    }

    public void Added() => _adds.Increment(name);

    public void Retried() => _retries.Increment(name);

    public void Taken(TimeSpan waited) => _waited.Observe(waited.TotalSeconds, name);

    public void Worked(TimeSpan duration) => _worked.Observe(duration.TotalSeconds, name);
}
