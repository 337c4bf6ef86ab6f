using System.Buffers;
using System.Text;

namespace NetProfiler.Telemetry.Tests.Support;

/// <summary>A small shop's metrics, with one of everything.</summary>
internal static class Samples
{
    public static readonly HistogramBounds Seconds = new(0.1, 1, 10);

    public static readonly LabelSet Trace = LabelSet.Of(("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"), ("span_id", "00f067aa0ba902b7"));

    public static IReadOnlyList<MetricFamily> Shop { get; } =
    [
        Counter("netprofiler_capture_events", "Events read.", new CounterSeries(LabelSet.Empty, 123456, CreatedUnixSeconds: 1767220000.5)),
        new("netprofiler_connections", MetricType.Gauge, "Connections\nnow \"open\" in C:\\", null,
        [
            new GaugeSeries(LabelSet.Of(("role", "server")), 3),
            new GaugeSeries(LabelSet.Of(("role", "client")), 0.5),
        ]),
        new("http_server_request_duration_seconds", MetricType.Histogram, "Time taken.", "seconds",
        [
            new HistogramSeries(
                LabelSet.Of(("k8s_workload_name", "cart"), ("netprofiler_rule", "a\"b\\c\nd")),
                Seconds, new long[] { 8, 1, 0, 2 }, 31.25,
                new[] { new Exemplar(Trace, 0.087, 1767225600.123), null, null, null },
                CreatedUnixSeconds: 1767220000.5),
        ]),
    ];

    public static MetricFamily Counter(string name, string help, params CounterSeries[] series) =>
        new(name, MetricType.Counter, help, null, series);

    public static MetricFamily Gauge(string name, params GaugeSeries[] series) => new(name, MetricType.Gauge, "A gauge.", null, series);

    public static string Write(this ExpositionFormat format, params IReadOnlyList<MetricFamily> families)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ExpositionWriter.Write(families, format, buffer);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(buffer.WrittenSpan);
    }
}
