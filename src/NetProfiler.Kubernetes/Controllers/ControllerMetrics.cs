using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Kubernetes.Controllers;

/// <summary>controller-runtime's names.</summary>
internal sealed class ControllerMetrics(MetricsRegistry registry, string controller)
{
    private readonly Counter _results =
        registry.Counter("controller_runtime_reconcile", "Reconciliations, by how they ended.", null, "controller", "result");

    private readonly Counter _errors =
        registry.Counter("controller_runtime_reconcile_errors", "Reconciliations that failed.", null, "controller");

    private readonly Counter _terminals = registry.Counter(
        "controller_runtime_terminal_reconcile_errors", "Reconciliations that failed and are not tried again.", null, "controller");

    private readonly Counter _panics =
        registry.Counter("controller_runtime_reconcile_panics", "Reconciliations that threw what nobody expected.", null, "controller");

    private readonly Counter _timeouts =
        registry.Counter("controller_runtime_reconcile_timeouts", "Reconciliations that took too long.", null, "controller");

    private readonly Histogram _time = registry.Histogram(
        "controller_runtime_reconcile_time_seconds", "Time of a reconciliation.", "seconds", Histogram.Seconds, "controller");

    private readonly Gauge _maximum =
        registry.Gauge("controller_runtime_max_concurrent_reconciles", "Workers there are.", null, "controller");

    private readonly Gauge _active = registry.Gauge("controller_runtime_active_workers", "Workers that work.", null, "controller");

    public void Workers(int maximum, Func<int> active)
    {
        _maximum.Set(maximum, controller);
        _active.Observe(() => active(), controller);
    }

    public void Ended(string result, TimeSpan duration)
    {
        _results.Increment(controller, result);
        _time.Observe(duration.TotalSeconds, controller);
    }

    public void Error() => _errors.Increment(controller);

    public void Terminal() => _terminals.Increment(controller);

    public void Panic() => _panics.Increment(controller);

    public void Timeout() => _timeouts.Increment(controller);
}
