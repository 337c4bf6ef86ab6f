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
/// What becomes of each exchange: judged by each task, counted, listed, printed, made a sample of, taken to the page. Ring-buffer thread
/// only.
/// </summary>
/// <param name="printer">Null: exchanges are not printed.</param>
/// <param name="outlets">Null: nobody wants samples.</param>
internal sealed class ExchangeObserver(IReadOnlyList<ProfilingPlan> plans, int maxSeries, int topN, ExchangePrinter? printer,
    SampleOutlets? outlets) : IExchangeSink
{
    public ExchangeObserver(ReportSettings settings, ExchangePrinter? printer, SampleOutlets? outlets)
        : this(settings.Plans, settings.MaxSeries, settings.TopN, printer, outlets) =>
        Edges = settings.Topology is null && !settings.Page.IsWanted ? null : new Edges();

    /// <summary>Takes every exchange to the page; null: there is none.</summary>
    public ExchangeFeed? Feed { get; init; }

    /// <summary>Name of the cluster's node, for samples. Null outside of a cluster.</summary>
    public string? NodeName { get; init; }

    /// <summary>Whether the labels of series name pods.</summary>
    public bool NamesPods { get; init; } = true;

    // Null: no collector gets samples, and nobody asks.
    private readonly SpanEvidence? _spans = outlets is { Exporters.Count: > 0 } ? new SpanEvidence() : null;
    private readonly ServerAddresses _servers = new(Redactor.MayChangeHost);
    private ExchangePipeline? _pipeline;
    private long _startedNanoseconds;

    public ActiveTasks Tasks { get; } = new(plans);

    public ExchangeMetrics Metrics { get; } = new(maxSeries);

    /// <summary>Requests in flight.</summary>
    public ActiveMetrics Active => field ??= new(int.Max(1, maxSeries / 8)) { NamesPods = NamesPods };

    /// <summary>Of a pair four series, one for each phase of its role.</summary>
    public PhaseMetrics Phases { get; } = new(int.Max(1, maxSeries / 4));

    /// <summary>Requests whose connection ended before their response was whole.</summary>
    public UnfinishedMetrics Unfinished { get; } = new(int.Max(1, maxSeries / 8));

    /// <summary>Of a pair some thirty series.</summary>
    public TcpMetrics Tcp { get; } = new(int.Max(1, maxSeries / 32));

    public TrafficOverview Overview { get; } = new();

    /// <summary>Who called whom, over all tasks; null: nobody asks.</summary>
    public Edges? Edges { get; init; }

    /// <summary>Requests that every task about their connection excludes by a rule.</summary>
    public ExcludedRequests Excluded { get; } = new();

    /// <summary>Assumed exchanges that every task about their connection leaves out.</summary>
    public long LeftOut { get; private set; }

    public SlowestList Slowest { get; } = new(topN);

    public LatestList Failed { get; } = new(topN);

    /// <summary>To be called before the first exchange.</summary>
    public void Observe(ExchangePipeline pipeline)
    {
        _pipeline = pipeline;
        pipeline.Tcp = Tcp;
        pipeline.NamesPods = NamesPods;
        HoldWhatIsWanted();
    }

    /// <summary>Changes the tasks while exchanges are under way.</summary>
    public void SetTasks(IReadOnlyList<ProfilingPlan> plans)
    {
        Tasks.Set(plans);
        HoldWhatIsWanted();
    }

    /// <summary>Tasks capture these containers, and no others: series of others are shown until they were scraped.</summary>
    public void KeepSeriesOf(IEnumerable<ContainerIdentity> containers, long nowNanoseconds) => Retention.Set(containers, nowNanoseconds);

    /// <summary>Series are shown now: those that are not to be shown any more are removed.</summary>
    public void OnScrape(long nowNanoseconds)
    {
        if (Retention.OnScrape(nowNanoseconds) is not { } isGone) return;
        Metrics.Remove(isGone);
        Phases.Remove(isGone);
        Unfinished.Remove(isGone);
        Active.Remove(isGone);
        Tcp.Remove(isGone);
    }

    private SeriesRetention Retention => field ??= new(NamesPods);

    public void AcceptUnread(ConnectionIdentity connection, int count)
    {
        foreach (var task in Tasks.All)
        {
            if (task.Plan.IsAboutUnread(connection)) task.Tally.CountUnread(count);
        }
    }

    /// <summary>To a task that does not read TLS, the connection speaks another protocol.</summary>
    public void AcceptTls(ConnectionIdentity connection, bool mayBeRead)
    {
        foreach (var task in Tasks.All)
        {
            if (!(mayBeRead && task.Plan.ReadsTls) && task.Plan.IsAboutTls(connection)) task.Tally.CountUnread(1);
        }
    }

    public void AcceptTlsRead(ConnectionIdentity connection)
    {
        foreach (var task in Tasks.All)
        {
            if (task.Plan.ReadsTls && task.Plan.IsAboutTls(connection)) task.Tally.CountTlsRead();
        }
    }

    public void AcceptTlsUnread(ConnectionIdentity connection, TlsUnreadReason reason)
    {
        foreach (var task in Tasks.All)
        {
            if (task.Plan.ReadsTls && task.Plan.IsAboutTls(connection)) task.Tally.CountTlsUnread(reason);
        }
    }

    /// <summary>Of tasks that end for these containers, counts the TLS connections that are open and were not read.</summary>
    public void CountOpenTls(IReadOnlyList<(ActiveTask Task, IReadOnlySet<ContainerIdentity> Containers)> ending)
    {
        foreach (var (connection, reason) in _pipeline!.FindUnreadTls())
        {
            foreach (var (task, containers) in ending)
            {
                if (connection.Process.Container is { } container && containers.Contains(container) && task.Plan.IsAboutTls(connection))
                    task.Tally.CountTlsUnread(reason);
            }
        }
    }

    /// <summary>The TLS of these containers is not read any more.</summary>
    public void EndTls(IReadOnlySet<ContainerIdentity> containers) => _pipeline!.EndTls(containers);

    /// <summary>
    /// Refuted exchanges are counted, for the run by <see cref="CaptureStatistics"/>, and stay in counts and lists: printing is never taken
    /// back.
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
            var sampledAs = task.Judge(exchange, peers, rule);
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

    // Of complete exchanges alone: what was cut short would spoil durations and sizes.
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

    // Null: this side is the server.
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

    /// <summary>To be called when what tasks are about has changed.</summary>
    public void HoldWhatIsWanted() => _pipeline!.Hold(outlets is null ? null : Tasks.Holding);

    private static SpanId NewId() => new((ulong)Random.Shared.NextInt64(1, long.MaxValue)); // never zero

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
        Phases.Expire(nowNanoseconds);
        Unfinished.Expire(nowNanoseconds);
        Active.Expire(nowNanoseconds);
        Tcp.Expire(nowNanoseconds);
        Feed?.Flush();
        if (_startedNanoseconds == 0) _startedNanoseconds = nowNanoseconds;
        if (Tasks.End(TimeSpan.FromMicroseconds((nowNanoseconds - _startedNanoseconds) / 1000))) HoldWhatIsWanted();
    }

    /// <summary>Hands on all that was printed.</summary>
    public void Flush()
    {
        printer?.Flush();
        Feed?.Flush();
    }

    /// <summary>Hands on what was printed, once it has waited for a moment.</summary>
    public void FlushAged(long nowNanoseconds) => printer?.FlushAged(nowNanoseconds);
}
