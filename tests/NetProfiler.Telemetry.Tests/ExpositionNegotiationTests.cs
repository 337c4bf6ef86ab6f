namespace NetProfiler.Telemetry.Tests;

public class ExpositionNegotiationTests
{
    private const string Prometheus242 =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    private const string Prometheus3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

    private const string Prometheus3WithNativeHistograms =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
        + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

    private const string Chrome = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

    [Theory]
    [InlineData(Prometheus242)]
    [InlineData(Prometheus3)]
    [InlineData(Prometheus3WithNativeHistograms)]
    [InlineData("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")]
    [InlineData("application/openmetrics-text")]
    [InlineData("APPLICATION/OpenMetrics-Text; VERSION=\"1.0.0\"")]
    [InlineData("application/openmetrics-text;q=0.5, text/plain;q=0.4, */*;q=0.9")]
    public void OpenMetrics_is_for_those_who_prefer_it(string accept) =>
        Assert.Equal(ExpositionFormat.OpenMetrics, ExpositionNegotiation.Choose(accept));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("*/*")]
    [InlineData(Chrome)]
    [InlineData("text/plain")]
    [InlineData("text/plain;version=0.0.4;q=0.5,application/openmetrics-text;q=0.4")]
    [InlineData("application/openmetrics-text;version=2.0.0")]
    [InlineData("application/openmetrics-text;q=0")]
    [InlineData("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")]
    [InlineData(";;;=,,,q")]
    public void Everyone_else_gets_text(string? accept) =>
        Assert.Equal(ExpositionFormat.PrometheusText, ExpositionNegotiation.Choose(accept));

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("gzip, deflate, br", true)]
    [InlineData("GZIP;q=0.1", true)]
    [InlineData("*", true)]
    [InlineData("identity", false)]
    [InlineData("gzip;q=0", false)]
    [InlineData("gzip;q=0, *", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Gzip_is_for_those_who_accept_it(string? acceptEncoding, bool accepts) =>
        Assert.Equal(accepts, ExpositionNegotiation.AcceptsGzip(acceptEncoding));
}
