using Prometheus;

namespace NetProfiler.Kubernetes;

/// <summary>Creates metric families in a process's own registry. An existing family is returned again.</summary>
public static class RegistryExtensions
{
    /// <summary>Buckets for requests and reconciliations, in seconds.</summary>
    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

    /// <summary>10 ns to 1000 s, by factors of ten, as in Go's work queues.</summary>
    private static readonly double[] SecondsByTens = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

    extension(CollectorRegistry registry)
    {
        /// <param name="name">Must end with <c>_total</c>; otherwise OpenMetrics considers the type of the counter unknown.</param>
        public Counter Counter(string name, string help, params string[] labels) => registry.Factory.CreateCounter(name, help, labels);

        public Gauge Gauge(string name, string help, params string[] labels) => registry.Factory.CreateGauge(name, help, labels);

        /// <summary>A gauge whose value is read at each scrape; <paramref name="read"/> must be short and must not block.</summary>
        public void Observe(string name, string help, Func<double> read) => registry.Observe(registry.Gauge(name, help), read);

        public void Observe(IGauge gauge, Func<double> read) => registry.AddBeforeCollectCallback(() => gauge.Set(read()));

        public Histogram Durations(string name, string help, params string[] labels) => registry.Histogram(name, help, Seconds, labels);

        public Histogram ShortDurations(string name, string help, params string[] labels) =>
            registry.Histogram(name, help, SecondsByTens, labels);

        private Histogram Histogram(string name, string help, double[] buckets, string[] labels) =>
            registry.Factory.CreateHistogram(name, help, labels, new HistogramConfiguration { Buckets = buckets });

        private MetricFactory Factory => Metrics.WithCustomRegistry(registry);
    }
}
