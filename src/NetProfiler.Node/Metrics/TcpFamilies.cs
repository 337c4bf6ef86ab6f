using System.Runtime.CompilerServices;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Node.Output;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Metrics;

/// <summary>
/// Metrics of TCP connections as metric families; docs/tcp.md documents the kernel source of each. Runs on the ring-buffer thread, so it
/// only copies.
/// </summary>
internal sealed class TcpFamilies
{
    private static readonly HistogramBounds Bounds = new([.. BucketCounts.PhaseBounds.Select(bound => bound / 1e9)]);
    // Failed ones are observed only while connecting.
    private static readonly ConnectionEnd[] Ends =
        [.. Enum.GetValues<ConnectionEnd>().Where(end => end is not (ConnectionEnd.None or ConnectionEnd.Failed or ConnectionEnd.PeerFin))];

    private readonly ConditionalWeakTable<TcpSeries, Labels> _labels = [];

    public IEnumerable<MetricFamily> Of(TcpMetrics metrics, double wallOffset)
    {
        List<Row> all = [.. metrics.Series.Select(series =>
            new Row(series, _labels.GetValue(series, one => new Labels(one)), series.CreatedNanoseconds / 1e9 + wallOffset))];
        return [.. OfCalls(all), .. OfTimes(all), .. OfConnections(all), .. OfWaits(all)];
    }

    private static IEnumerable<MetricFamily> OfCalls(List<Row> all)
    {
        yield return ByDirection(all, "netprofiler_tcp_calls",
            "Total number of socket calls that transferred bytes between programs and TCP connections.", null, one => one.ReadCalls,
            one => one.WriteCalls);
        yield return ByDirection(all, "netprofiler_tcp_bytes", "Total number of bytes transferred between programs and TCP connections.",
            "bytes", one => one.ReadBytes, one => one.WriteBytes);
        yield return new MetricFamily(
            "netprofiler_tcp_call_seconds", MetricType.Counter,
            "Total time in seconds spent in these socket calls. For reads only where it is measured, excluding the wait for data.",
            "seconds",
            [.. all.SelectMany(one => Seconds(one.Series, one.Labels, one.Created))]);
    }

    private static IEnumerable<MetricFamily> OfTimes(List<Row> all)
    {
        yield return Histogram(all, "netprofiler_tcp_round_trip_seconds",
            "Smoothed round-trip time in seconds of active TCP connections, observed once a second for each connection and at its end.",
            null, one => one.RoundTrip);
        yield return Histogram(all, "netprofiler_tcp_connect_seconds",
            "Time in seconds from the SYN until the connection was established.", EndpointRole.Client, one => one.Setup);
        yield return Histogram(all, "netprofiler_tcp_accept_wait_seconds",
            "Time in seconds that established connections waited to be accepted.", EndpointRole.Server, one => one.Setup);
    }

    private static IEnumerable<MetricFamily> OfConnections(List<Row> all)
    {
        yield return Counter(all, "netprofiler_tcp_opened",
            "Total number of TCP connections accepted (role server) or established by connect (role client).", null, one => one.Opened);
        yield return new MetricFamily("netprofiler_tcp_closed", MetricType.Counter,
            "Total number of closed TCP connections, by how they ended.", null,
            [.. all.SelectMany(one => Ends.Select(end =>
                new CounterSeries(one.Labels.Ended(end), one.Series.Ended(end), null, one.Created)))]);
        yield return Counter(all, "netprofiler_tcp_retransmissions", "Total number of retransmitted TCP segments.", null,
            one => one.Retransmissions);
    }

    private static IEnumerable<MetricFamily> OfWaits(List<Row> all)
    {
        yield return Counter(all, "netprofiler_tcp_zero_windows", "Total number of times that the peer closed its receive window.", null,
            one => one.ZeroWindows);
        yield return Counter(all, "netprofiler_tcp_send_buffer_wait_seconds",
            "Total time in seconds that sending was limited by the send buffer.", "seconds", one => one.SendBufferNanoseconds / 1e9);
        yield return Counter(all, "netprofiler_tcp_peer_window_wait_seconds",
            "Total time in seconds that sending was limited by the peer's receive window.", "seconds",
            one => one.PeerWindowNanoseconds / 1e9);
        yield return new MetricFamily("netprofiler_tcp_drops", MetricType.Counter,
            "Total number of packets of TCP connections that this kernel dropped, by the kernel's reason.", null,
            [.. all.SelectMany(one => one.Series.Drops.Select(drop =>
                new CounterSeries(one.Labels.With("reason", drop.Reason), drop.Packets, null, one.Created)))]);
    }

    private static MetricFamily Counter(List<Row> all, string name, string help, string? unit, Func<TcpSeries, double> value) =>
        new(name, MetricType.Counter, help, unit,
            [.. all.Select(one => new CounterSeries(one.Labels.Own, value(one.Series), null, one.Created))]);

    private static MetricFamily ByDirection(List<Row> all, string name, string help, string? unit, Func<TcpSeries, double> read,
        Func<TcpSeries, double> write) =>
        new(name, MetricType.Counter, help, unit,
        [
            .. all.SelectMany(one => new MetricSeries[]
            {
                new CounterSeries(one.Labels.Read, read(one.Series), null, one.Created),
                new CounterSeries(one.Labels.Write, write(one.Series), null, one.Created),
            }),
        ]);

    private static MetricFamily Histogram(List<Row> all, string name, string help, EndpointRole? role,
        Func<TcpSeries, BucketCounts> counts) =>
        new(name, MetricType.Histogram, help, "seconds",
        [
            .. all.Where(one => role is null || one.Series.Role == role).Select(one =>
                new HistogramSeries(one.Labels.Own, Bounds, counts(one.Series).Counts.ToArray(), counts(one.Series).Sum / 1e9,
                    CreatedUnixSeconds: one.Created)),
        ]);

    // The time in reads may not be measured (CaptureOptions.TimesReads): then the series is absent rather than zero.
    private static IEnumerable<CounterSeries> Seconds(TcpSeries series, Labels labels, double created)
    {
        if (series.ReadNanoseconds > 0) yield return new CounterSeries(labels.Read, series.ReadNanoseconds / 1e9, null, created);
        yield return new CounterSeries(labels.Write, series.WriteNanoseconds / 1e9, null, created);
    }

    private sealed record Row(TcpSeries Series, Labels Labels, double Created);

    private sealed class Labels
    {
        private readonly (string, string)[] _common;
        private readonly LabelSet[] _ends;

        public Labels(TcpSeries series)
        {
            string role = series.Role.ToString().ToLowerInvariant();
            _common = series.Peers is { } peers ? [.. peers.All, ("role", role)] : [("otel_metric_overflow", "true"), ("role", role)];
            Own = LabelSet.Of(_common);
            Read = With("direction", "read");
            Write = With("direction", "write");
            _ends = [.. Ends.Select(end => With("kind", Words.SnakeCase(end.ToString())))];
        }

        public LabelSet Own { get; }

        public LabelSet Read { get; }

        public LabelSet Write { get; }

        public LabelSet Ended(ConnectionEnd end) => _ends[Array.IndexOf(Ends, end)];

        public LabelSet With(string name, string value) => LabelSet.Of([.. _common, (name, value)]);
    }
}
