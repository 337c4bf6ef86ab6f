using System.CommandLine;
using NetProfiler.Node.Settings;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Samples;

/// <summary>The options that name collectors.</summary>
internal sealed class CollectorOptions
{
    private readonly Option<string?> _zipkin;
    private readonly Option<string?> _skyWalking;
    private readonly Option<string?> _otlp;
    private readonly Option<string> _unsampled = new("--unsampled-traces")
    {
        Description = "Samples whose trace the application's tracer did not sample: send each as a complete span, or drop it.",
        HelpName = "span|drop",
        DefaultValueFactory = _ => "span",
    };
    private readonly Option<string> _serverSpans = new("--server-spans")
    {
        Description = "Whether servers join the span that their caller names (Zipkin): auto decides for each process by evidence.",
        HelpName = "auto|joined|separate", DefaultValueFactory = _ => "auto",
    };

    /// <param name="samples">Name of the samples in the descriptions, such as "samples".</param>
    public CollectorOptions(string samples)
    {
        _zipkin = new("--zipkin") { Description = $"Send {samples} to Zipkin: http://HOST[:9411].", HelpName = "URL" };
        _skyWalking = new("--skywalking") { Description = $"Send {samples} to SkyWalking's OAP; grpcs://HOST:PORT with TLS.",
            HelpName = "HOST:PORT" };
        _otlp = new("--otlp") { Description = $"Send {samples} by OTLP: http://HOST[:4318] or grpc://HOST[:4317].", HelpName = "URL" };
        Address(_zipkin, SampleExporters.IsZipkin, SampleExporters.ZipkinForm);
        Address(_skyWalking, SampleExporters.IsSkyWalking, SampleExporters.SkyWalkingForm);
        Address(_otlp, SampleExporters.IsOtlp, SampleExporters.OtlpForm);
        OneOf(_unsampled, "span", "drop");
        OneOf(_serverSpans, "auto", "joined", "separate");
    }

    public void AddTo(Command command)
    {
        command.Add(_zipkin);
        command.Add(_skyWalking);
        command.Add(_otlp);
        command.Add(_unsampled);
        command.Add(_serverSpans);
    }

    public SampleSettings Read(ParseResult parsed) =>
        new(parsed.GetValue(_zipkin), parsed.GetValue(_skyWalking), parsed.GetValue(_otlp), null)
    {
        Spans = new SpanSettings(
            parsed.GetValue(_unsampled) == "drop" ? UnsampledTraces.Drop : UnsampledTraces.OwnSpan,
            parsed.GetValue(_serverSpans) switch { "joined" => ServerSpans.Joined, "separate" => ServerSpans.Separate,
                _ => ServerSpans.Auto }),
    };

    private static void OneOf(Option option, params string[] values) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && !values.Contains(token.Value))
            result.AddError($"{option.Name} {token.Value}: write {string.Join(" or ", values)}");
    });

    private static void Address(Option option, Func<string, bool> isAddress, string remedy) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && !isAddress(token.Value))
            result.AddError($"{option.Name} {SampleExporters.Shown(token.Value)}: {remedy}");
    });
}
