using NetProfiler.Telemetry.Tests.Support;

namespace NetProfiler.Telemetry.Tests;

public class ExpositionWriterTests
{
    [Fact]
    public void Prometheus_text_is_as_its_format_says() => Assert.Equal(
        """
        # TYPE netprofiler_capture_events_total counter
        # HELP netprofiler_capture_events_total Events read.
        netprofiler_capture_events_total 123456
        # TYPE netprofiler_connections gauge
        # HELP netprofiler_connections Connections\nnow "open" in C:\\
        netprofiler_connections{role="server"} 3
        netprofiler_connections{role="client"} 0.5
        # TYPE http_server_request_duration_seconds histogram
        # HELP http_server_request_duration_seconds Time taken.
        http_server_request_duration_seconds_bucket{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd",le="0.1"} 8
        http_server_request_duration_seconds_bucket{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd",le="1.0"} 9
        http_server_request_duration_seconds_bucket{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd",le="10.0"} 9
        http_server_request_duration_seconds_bucket{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd",le="+Inf"} 11
        http_server_request_duration_seconds_count{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd"} 11
        http_server_request_duration_seconds_sum{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd"} 31.25

        """, ExpositionFormat.PrometheusText.Write(Samples.Shop));

    [Fact]
    public void OpenMetrics_is_as_its_specification_says() => Assert.Equal(
        """
        # TYPE netprofiler_capture_events counter
        # HELP netprofiler_capture_events Events read.
        netprofiler_capture_events_total 123456
        netprofiler_capture_events_created 1767220000.5
        # TYPE netprofiler_connections gauge
        # HELP netprofiler_connections Connections\nnow \"open\" in C:\\
        netprofiler_connections{role="server"} 3
        netprofiler_connections{role="client"} 0.5
        # TYPE http_server_request_duration_seconds histogram
        # UNIT http_server_request_duration_seconds seconds
        # HELP http_server_request_duration_seconds Time taken.
        http_server_request_duration_seconds_bucket{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd",le="0.1"} 8 # {span_id="00f067aa0ba902b7",trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.087 1767225600.123
        http_server_request_duration_seconds_bucket{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd",le="1.0"} 9
        http_server_request_duration_seconds_bucket{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd",le="10.0"} 9
        http_server_request_duration_seconds_bucket{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd",le="+Inf"} 11
        http_server_request_duration_seconds_count{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd"} 11
        http_server_request_duration_seconds_sum{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd"} 31.25
        http_server_request_duration_seconds_created{k8s_workload_name="cart",netprofiler_rule="a\"b\\c\nd"} 1767220000.5
        # EOF

        """, ExpositionFormat.OpenMetrics.Write(Samples.Shop));

    [Fact]
    public void Nothing_to_tell_is_nothing_in_text_and_an_end_in_OpenMetrics()
    {
        Assert.Equal("", ExpositionFormat.PrometheusText.Write());
        Assert.Equal("# EOF\n", ExpositionFormat.OpenMetrics.Write());
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e-9, "1E-09")]
    [InlineData(1.5e300, "1.5E+300")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void A_value_is_the_shortest_text_that_reads_back(double value, string text) =>
        Assert.Contains($"\na {text}\n", ExpositionFormat.OpenMetrics.Write(Samples.Gauge("a", new GaugeSeries(LabelSet.Empty, value))));

    [Fact]
    public void A_count_above_two_to_the_53_loses_nothing() =>
        Assert.Contains("a_total 9007199254740993\n", ExpositionFormat.PrometheusText.Write(
            Samples.Counter("a", "A.", new CounterSeries(LabelSet.Empty, 9007199254740993))));

    [Fact]
    public void A_counters_exemplar_follows_its_value() =>
        Assert.Contains("a_total 7 # {trace_id=\"x\"} 1 1767225600\n", ExpositionFormat.OpenMetrics.Write(
            Samples.Counter("a", "A.", new CounterSeries(LabelSet.Empty, 7, new Exemplar(LabelSet.Of(("trace_id", "x")), 1, 1767225600)))));

    [Theory]
    [InlineData(120, true)]
    [InlineData(121, false)]
    public void An_exemplar_of_more_than_128_code_points_is_left_out(int valueCodePoints, bool isWritten)
    {
        // "trace_id" has 8; a pair of surrogates is one code point.
        var labels = LabelSet.Of(("trace_id", string.Concat(Enumerable.Repeat("\U0001F600", valueCodePoints))));
        var series = new CounterSeries(LabelSet.Empty, 1, new Exemplar(labels, 1, 1));
        var text = ExpositionFormat.OpenMetrics.Write(Samples.Counter("a", "A.", series));

        Assert.Equal(isWritten, text.Contains(" # {", StringComparison.Ordinal));
    }

    [Fact]
    public void A_labels_text_longer_than_a_chunk_is_written_whole()
    {
        var labels = LabelSet.Of(("a", new string('x', 10_000)));
        var text = ExpositionFormat.PrometheusText.Write(Samples.Counter("a", "A.", new CounterSeries(labels, 1)));

        Assert.Equal(labels.ToString(), text.Split('\n')[2]["a_total".Length..^" 1".Length]);
    }

    [SkippableFact]
    public async Task Promtool_has_nothing_to_say_about_our_text()
    {
        Skip.If(Tool.IsMissing("promtool"), "promtool is missing (Debian package prometheus)");

        Assert.Equal((0, ""), await Tool.RunAsync(ExpositionFormat.PrometheusText.Write(Samples.Shop), "promtool", "check", "metrics"));
    }
}
