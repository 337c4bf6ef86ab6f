using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Analysis.Traces;
using NetProfiler.Node.Output;
using NetProfiler.Node.Samples;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Exchanges;

/// <summary>
/// Processes each exchange: evaluates it for each task, counts, lists and prints it, creates its sample, and passes it to the page.
/// Ring-buffer thread only.
/// </summary>
/// <param name="printer">Null if exchanges are not printed.</param>
/// <param name="outlets">Null if samples have no destination.</param>
internal sealed partial class ExchangeObserver(IReadOnlyList<ProfilingPlan> plans, int maxSeries, int topN, ExchangePrinter? printer,
    SampleOutlets? outlets) : IExchangeSink
{
    public ExchangeObserver(ReportSettings settings, ExchangePrinter? printer, SampleOutlets? outlets)
        : this(settings.Plans, settings.MaxSeries, settings.TopN, printer, outlets) =>
        Edges = settings.Topology is null && !settings.Page.IsWanted ? null : new Edges();

    /// <summary>Passes every exchange to the page. Null if there is no page.</summary>
    public ExchangeFeed? Feed { get; init; }

    // Null if no collector receives samples, because only exported spans use it.
    private readonly SpanEvidence? _spans = outlets is { Exporters.Count: > 0 } ? new SpanEvidence() : null;
    private readonly ServerAddresses _servers = new(Redactor.MayChangeHost);
    private ExchangePipeline? _pipeline;
    private long _startedNanoseconds;

    public ActiveTasks Tasks { get; } = new(plans);

    public ExchangeMetrics Metrics { get; } = new(maxSeries);

    /// <summary>Requests in flight.</summary>
    public ActiveMetrics Active => field ??= new(int.Max(1, maxSeries / 8)) { NamesPods = NamesPods };

    /// <summary>Four series per pair, one for each phase of its role.</summary>
    public PhaseMetrics Phases { get; } = new(int.Max(1, maxSeries / 4));

    /// <summary>Requests whose connection ended before their response was complete.</summary>
    public UnfinishedMetrics Unfinished { get; } = new(int.Max(1, maxSeries / 8));

    /// <summary>About thirty series per pair.</summary>
    public TcpMetrics Tcp { get; } = new(int.Max(1, maxSeries / 32));

    public TrafficOverview Overview { get; } = new();

    /// <summary>The edges of all tasks together. Null if no topology is needed.</summary>
    public Edges? Edges { get; init; }

    /// <summary>Requests that every task for their connection excludes by a rule.</summary>
    public ExcludedRequests Excluded { get; } = new();

    /// <summary>Number of assumed exchanges that every task for their connection leaves out.</summary>
    public long LeftOut { get; private set; }

    public SlowestList Slowest { get; } = new(topN);

    public LatestList Failed { get; } = new(topN);

    /// <summary>Must be called before the first exchange.</summary>
    public void Observe(ExchangePipeline pipeline)
    {
        _pipeline = pipeline;
        pipeline.Tcp = Tcp;
        pipeline.NamesPods = NamesPods;
        HoldWhatIsWanted();
    }

    /// <summary>Replaces the tasks, also while exchanges are in progress.</summary>
    public void SetTasks(IReadOnlyList<ProfilingPlan> plans)
    {
        Tasks.Set(plans);
        HoldWhatIsWanted();
    }

    /// <summary>
    /// Counts refuted exchanges, for the run in <see cref="CaptureStatistics"/>. They remain in counts and lists, as printed lines cannot
    /// be withdrawn.
    /// </summary>
    public void AcceptRefuted(ConnectionIdentity connection, int count)
    {
        foreach (var task in Tasks.All)
        {
            if (task.Plan.IsAbout(connection)) task.Tally.CountRefuted(count);
        }
    }

    public InFlight? Begin(in Exchange exchange)
    {
        bool isWanted = false, isMeasured = false;
        foreach (var task in Tasks.All)
        {
            if (!task.Plan.IsAbout(exchange.Connection) || task.Excludes(exchange)) continue;
            isWanted = true;
            isMeasured |= task.Plan.MaxSeries > 0;
        }

        if (!isWanted) return null;
        var connection = exchange.Connection;
        return isMeasured ? Active.Of(exchange, ServerOf(exchange), Overview)
            : Overview.InFlightOf(connection.Process.Name, connection.Role);
    }

    public void Accept(in Exchange exchange) => Observe(exchange);

    public void AcceptUnfinished(in Exchange exchange) => Observe(exchange);

    private void Observe(in Exchange exchange)
    {
        bool isWanted = false, isMeasured = false, isLeftOut = false;
        SamplingRule? decisive = null, excluding = null; // of the first task that has one
        var shownAs = SampledAs.None;
        ulong sample = 0;
        TraceReference? exemplar = null;
        var peers = _pipeline!.PeersOf(exchange.Connection);
        RecordSpans(exchange);
        foreach (var task in Tasks.All)
        {
            if (!task.Plan.IsAbout(exchange.Connection)) continue;
            var rule = task.RuleOf(exchange);
            if (rule is { IsCounted: false })
            {
                task.Excluded.Count(exchange, rule.Name);
                excluding ??= rule;
                continue;
            }

            if (task.Plan.IsProvenOnly && exchange.Pairing == PairingClass.Assumed)
            {
                task.Tally.CountUnread(1);
                isLeftOut = true;
                continue;
            }

            isWanted = true;
            isMeasured |= task.Plan.MaxSeries > 0;
            // What is exported to a profiled collector is counted, and no sample: it would be exported again, without end.
            var sampledAs = task.Judge(exchange, peers, rule);
            if (exchange.Connection.IsToProfiler) sampledAs = SampledAs.None;
            if (decisive is null) (decisive, shownAs) = (rule, sampledAs);
            if (sampledAs == SampledAs.None) continue;

            var trace = task.TraceOf(exchange);
            exemplar ??= trace;
            var tag = new SampleTag(NewId(), rule!.Name, sampledAs, trace);
            if (sample == 0) sample = tag.Id.Bits;
            Sample(exchange, peers, task, rule, tag);
        }

        if (!isWanted && isLeftOut) LeftOut++;
        else if (!isWanted && excluding is not null) Excluded.Count(exchange, excluding.Name);
        if (!isWanted) return;
        if (exchange.Outcome == ExchangeOutcome.Complete) Measure(exchange, peers, isMeasured, decisive?.Name ?? "", exemplar);
        else if (exchange.IsCutShort) MeasureUnfinished(exchange, peers, isMeasured, decisive?.Name ?? "");
        Feed?.Offer(exchange, peers, decisive?.Name, shownAs, sample, WallOffsetNanoseconds);
        if (exchange.Status >= 400 || exchange.IsCutShort) Failed.Offer(exchange, peers);
        printer?.Print(exchange, decisive?.Name, shownAs);
    }

    // Complete exchanges only: unfinished ones would distort durations and sizes.
    private void Measure(in Exchange exchange, PeerPair peers, bool isMeasured, string rule, TraceReference? exemplar)
    {
        if (isMeasured)
        {
            Metrics.Record(exchange, peers, ServerOf(exchange), rule, exemplar);
            Phases.Record(exchange, peers);
        }

        Edges?.Record(exchange, peers);
        Overview.Record(peers, exchange.Status, exchange.DurationNanoseconds);
        Slowest.Offer(exchange, peers);
    }

    private void RecordSpans(in Exchange exchange)
    {
        if (_spans is null) return;
        var fieldLines = exchange.Request.FieldLines.Of(exchange.RequestHeadBytes);
        if (TraceContextReader.Default.TryRead(fieldLines, out var context))
            _spans.Record(exchange.Connection.Process.Id, exchange.Connection.Role == EndpointRole.Server, context, fieldLines);
    }

    private void MeasureUnfinished(in Exchange exchange, PeerPair peers, bool isMeasured, string rule)
    {
        if (isMeasured) Unfinished.Record(exchange, peers, rule);
        Edges?.RecordUnfinished(peers);
    }

    // Null if this side is the server.
    private ServerAddress? ServerOf(in Exchange exchange) =>
        exchange.Connection.Role == EndpointRole.Client ? _servers.Of(exchange.Connection, exchange.Host) : null;

    private void Sample(in Exchange exchange, PeerPair peers, ActiveTask task, SamplingRule rule, SampleTag tag)
    {
        task.List(exchange, peers, tag);
        if (outlets is null || !task.TryTake(exchange)) return;
        var peer = _pipeline!.PeerOf(exchange.Connection);
        var sample = SampleFactory.Of(exchange, tag, rule, task.Plan.Task, peer, WallOffsetNanoseconds) with
        {
            RemoteParty = peers.Remote, NodeName = NodeName,
        };
        if (_spans is not null && tag.Trace is { } trace)
            sample = sample with { SpanUse = _spans.Of(exchange.Connection.Process.Id, trace.Format) };
        outlets.Offer(sample, task.Content, task.Plan.Exporter);
    }

    /// <summary>Must be called when the containers of tasks have changed.</summary>
    public void HoldWhatIsWanted() => _pipeline!.Hold(outlets is null ? null : Tasks.Holding);

    private static SpanId NewId() => new((ulong)Random.Shared.NextInt64(1, long.MaxValue)); // never zero

    /// <summary>Offset from a CLOCK_MONOTONIC time to nanoseconds since 1970.</summary>
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
        Phases.Expire(nowNanoseconds);
        Unfinished.Expire(nowNanoseconds);
        Active.Expire(nowNanoseconds);
        Tcp.Expire(nowNanoseconds);
        Feed?.Flush();
        if (_startedNanoseconds == 0) _startedNanoseconds = nowNanoseconds;
        if (Tasks.End(TimeSpan.FromMicroseconds((nowNanoseconds - _startedNanoseconds) / 1000))) HoldWhatIsWanted();
    }

    /// <summary>Flushes everything that was printed.</summary>
    public void Flush()
    {
        printer?.Flush();
        Feed?.Flush();
    }

    /// <summary>Flushes printed lines that have waited long enough.</summary>
    public void FlushAged(long nowNanoseconds) => printer?.FlushAged(nowNanoseconds);
}
