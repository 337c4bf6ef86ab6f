using NetProfiler.Analysis;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Analysis.Traces;
using NetProfiler.Node.Output;
using NetProfiler.Node.Report;
using NetProfiler.Node.Samples;

namespace NetProfiler.Node.Run;

/// <summary>What becomes of each exchange: judged, counted, listed, printed, made a sample of. Ring-buffer thread only.</summary>
/// <param name="printer">Null: exchanges are not printed.</param>
/// <param name="outlets">Null: nobody wants samples.</param>
internal sealed class ExchangeObserver(ReportSettings settings, ExchangePrinter? printer, SampleOutlets? outlets) : IExchangeSink
{
    private ExchangePipeline? _pipeline;

    public ExchangeMetrics Metrics { get; } = new(settings.Plan.MaxSeries);

    public TrafficOverview Overview { get; } = new();

    public SlowestList Slowest { get; } = new(settings.Plan.TopN);

    public LatestList Failed { get; } = new(settings.Plan.TopN);

    /// <summary>Sampled, by rule and reason.</summary>
    public Dictionary<(string Rule, SampledAs Reason), long> Samples { get; } = [];

    public void Observe(ExchangePipeline pipeline) => _pipeline = pipeline;

    public void Accept(in Exchange exchange)
    {
        var wanted = settings.Plan.Role;
        if (wanted != EndpointRole.Unknown && exchange.Connection.Role != wanted) return;

        var rule = settings.Plan.Rules.Find(exchange.Target);
        var sampledAs = rule?.Judge(exchange.Status, exchange.DurationNanoseconds) ?? SampledAs.None;
        var peer = exchange.Connection.PeerPair < 0 ? _pipeline!.PeerOf(exchange.Connection) : null;

        var trace = sampledAs != SampledAs.None ? TraceOf(exchange) : null;
        var peers = Metrics.Record(exchange, peer, rule?.Name ?? "", trace);
        Overview.Record(peers, exchange.Status, exchange.DurationNanoseconds);
        Slowest.Offer(exchange);
        if (exchange.Status >= 400) Failed.Offer(exchange);
        if (sampledAs != SampledAs.None)
        {
            Samples.TryGetValue((rule!.Name, sampledAs), out long count);
            Samples[(rule.Name, sampledAs)] = count + 1;
            outlets?.Offer(exchange, rule, sampledAs, trace, _pipeline!, WallOffsetNanoseconds);
        }

        printer?.Print(exchange, rule?.Name, sampledAs);
    }

    private static TraceReference? TraceOf(in Exchange exchange)
    {
        var fieldLines = exchange.Request.FieldLines.Of(exchange.RequestHeadBytes);
        return TraceContextReader.Default.TryRead(fieldLines, out var context) ? TraceReference.Of(context, fieldLines) : null;
    }

    /// <summary>What to add to a time to get nanoseconds since 1970.</summary>
    public long WallOffsetNanoseconds { get; private set; }

    public void SetWallOffset(long nanoseconds)
    {
        WallOffsetNanoseconds = nanoseconds;
        printer?.SetWallOffset(nanoseconds);
    }

    public void OnSecond(long nowNanoseconds, long wallOffsetNanoseconds)
    {
        SetWallOffset(wallOffsetNanoseconds);
        Metrics.Expire(nowNanoseconds);
    }

    /// <summary>Hands on what was printed since the last call.</summary>
    public void Flush() => printer?.Flush();
}
