using NetProfiler.Api.Exporters;
using NetProfiler.Cli;

namespace NetProfiler.Operator.Tests;

/// <summary>The file in which exporters are named: what it may say, and each of its faults with its place.</summary>
public sealed class ExporterFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Each_name_has_one_collector_or_more()
    {
        var exporters = Read("""
            exporters:
              oap: {skywalking: "oap:11800"}
              traces.team-a:
                zipkin: http://zipkin:9411
                otlp: grpc://collector
            """).Exporters!;
        Assert.Equal(["oap", "traces.team-a"], exporters.ByName.Keys.Order());
        Assert.Equal(new ExporterAddresses(null, "oap:11800", null), exporters.ByName["oap"]);
        Assert.Equal(new ExporterAddresses("http://zipkin:9411", null, "grpc://collector"), exporters.ByName["traces.team-a"]);
    }

    [Theory]
    [InlineData("exporters: {}")]
    [InlineData("exporters:")]
    [InlineData("{}")]
    public void There_may_be_none(string text) => Assert.Empty(Read(text).Exporters!.ByName);

    [Theory]
    [InlineData("exporters: {oap: {zipkin: 'zipkin:9411'}}",
        "1:27: exporters.oap.zipkin: \"zipkin:9411\" is no such address: write http://HOST[:9411] or https://HOST[:PORT]")]
    [InlineData("exporters: {oap: {skywalking: 'oap:port'}}",
        "1:31: exporters.oap.skywalking: \"oap:port\" is no such address: write HOST:PORT, or grpcs://HOST:PORT with TLS; the token "
            + "comes from SW_AGENT_AUTHENTICATION")]
    [InlineData("exporters: {oap: {otlp: collector}}",
        "1:25: exporters.oap.otlp: \"collector\" is no such address: write http://HOST[:4318] or grpc://HOST[:4317], https or grpcs "
            + "with TLS")]
    [InlineData("exporters: {oap: {}}", "1:18: exporters.oap: needs zipkin, skywalking or otlp")]
    [InlineData("exporters: {oap: }", "1:18: exporters.oap: expected an object, got nothing")]
    [InlineData("exporters: {OAP: {otlp: 'http://a'}}",
        "1:18: exporters.OAP: the name must be lower-case letters, digits, '-' and '.', begin and end with a letter or digit, and have "
            + "at most 253 characters (RFC 1123)")]
    [InlineData("exporters: {oap: {skywaking: 'oap:11800'}}", "1:19: exporters.oap.skywaking: unknown field; did you mean \"skywalking\"?")]
    [InlineData("exporters: {oap: {otlp: 1}}", "1:25: exporters.oap.otlp: expected a string, got the integer 1; put it in quotes")]
    [InlineData("exporters: {a: {otlp: 'http://a'}, a: {otlp: 'http://a'}}", "1:36: exporters.a: is given twice")]
    [InlineData("exporters: []", "1:12: exporters: expected an object, got a list")]
    [InlineData("oap: {otlp: 'http://a'}", "1:1: oap: unknown field")]
    [InlineData("[oap]", "1:1: expected an object with the field exporters, got a list")]
    [InlineData("", "1:1: holds no map of exporters")]
    [InlineData("exporters: {", null)]
    public void A_fault_has_its_place(string text, string? fault)
    {
        var (exporters, lines) = Read(text);
        Assert.Null(exporters);
        string line = Assert.Single(lines);
        if (fault is null) Assert.StartsWith($"{_path}:", line, StringComparison.Ordinal);
        else Assert.Equal($"{_path}:{fault}", line);
    }

    [Fact]
    public void Every_fault_is_named()
    {
        var (_, lines) = Read("""
            exporters:
              one: {zipkin: a b, otlp: a b}
              two: {}
            """);
        Assert.Equal(3, lines.Count);
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void There_are_at_most_sixteen(int count, bool isFine)
    {
        var (exporters, lines) = Read("exporters:\n"
            + string.Concat(Enumerable.Range(0, count).Select(i => $"  e{i}: {{otlp: 'http://collector-{i}'}}\n")));
        Assert.Equal(isFine ? count : null, exporters?.ByName.Count);
        Assert.Equal(isFine ? [] : [$"{_path}:2:3: exporters: must have at most 16, has 17"], lines);
    }

    [Fact]
    public void A_file_that_is_not_there_or_too_large_says_so()
    {
        Assert.Equal(["/nonexistent/exporters.yaml: no such file"], ExporterFile.Read("/nonexistent/exporters.yaml").FaultLines);
        Assert.Equal([$"{_path}: is larger than 65536 bytes"], Read("exporters: {} #".PadRight(65537, '#')).FaultLines);
        Assert.Empty(Read("exporters: {} #".PadRight(65536, '#')).FaultLines);
    }

    private (NamedExporters? Exporters, IReadOnlyList<string> FaultLines) Read(string text)
    {
        File.WriteAllText(_path, text);
        return ExporterFile.Read(_path);
    }
}
