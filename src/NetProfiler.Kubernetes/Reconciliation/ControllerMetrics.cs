using Prometheus;

namespace NetProfiler.Kubernetes.Reconciliation;

/// <summary>Metrics with the names of controller-runtime.</summary>
internal sealed class ControllerMetrics(CollectorRegistry registry, string controller)
{
    private readonly Counter _results =
        registry.Counter("controller_runtime_reconcile_total", "Total number of reconciliations, by result.", "controller", "result");

    private readonly Counter _errors =
        registry.Counter("controller_runtime_reconcile_errors_total", "Total number of failed reconciliations.", "controller");

    private readonly Counter _terminals = registry.Counter("controller_runtime_terminal_reconcile_errors_total",
        "Total number of reconciliations that failed and are not retried.", "controller");

    private readonly Counter _panics =
        registry.Counter("controller_runtime_reconcile_panics_total", "Total number of reconciliations that threw an unexpected exception.",
            "controller");

    private readonly Counter _timeouts =
        registry.Counter("controller_runtime_reconcile_timeouts_total", "Total number of reconciliations that timed out.", "controller");

    private readonly Histogram _time = registry.Durations("controller_runtime_reconcile_time_seconds",
        "Duration of reconciliations in seconds.", "controller");

    private readonly Gauge _maximum =
        registry.Gauge("controller_runtime_max_concurrent_reconciles", "Maximum number of concurrent reconciliations.", "controller");

    private readonly Gauge _active = registry.Gauge("controller_runtime_active_workers", "Number of active workers.", "controller");

    public void Workers(int maximum, Func<int> active)
    {
        _maximum.WithLabels(controller).Set(maximum);
        registry.Observe(_active.WithLabels(controller), () => active());
    }

    public void Ended(string result, TimeSpan duration)
    {
        _results.WithLabels(controller, result).Inc();
        _time.WithLabels(controller).Observe(duration.TotalSeconds);
    }

    public void Error() => _errors.WithLabels(controller).Inc();

    public void Terminal() => _terminals.WithLabels(controller).Inc();

    public void Panic() => _panics.WithLabels(controller).Inc();

    public void Timeout() => _timeouts.WithLabels(controller).Inc();
}
