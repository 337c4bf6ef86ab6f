using Prometheus;

namespace NetProfiler.Telemetry;

/// <summary>
/// The registry of a process, with metrics of its own resource usage. Not the default registry, which adds dozens of families of the
/// runtime.
/// </summary>
public static class SelfMetrics
{
    public static CollectorRegistry CreateRegistry()
    {
        var registry = Metrics.NewCustomRegistry();
        DotNetStats.Register(registry);

        // DotNetStats has this value under another name than the exporters of other languages, whose name the dashboards use.
        var resident = Metrics.WithCustomRegistry(registry)
            .CreateGauge("process_resident_memory_bytes", "Resident memory of the process itself.");
        registry.AddBeforeCollectCallback(() => resident.Set(Environment.WorkingSet));
        return registry;
    }
}
