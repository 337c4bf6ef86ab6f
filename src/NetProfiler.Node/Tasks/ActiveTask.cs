using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Node.Tasks;

/// <summary>An active task: its plan, its budget, and its results. It shares no state with other tasks. Ring-buffer thread only.</summary>
internal sealed class ActiveTask(ProfilingPlan plan)
{
    private readonly SampleLimiter _limiter = new(plan.MaxSamplesPerSecond);
    private readonly long[] _limited = new long[Enum.GetValues<SampleLimit>().Length];

    public ProfilingPlan Plan => plan;

    /// <summary>Creates what may be shown of its samples, on any thread.</summary>
    public SampleContent Content { get; } = new(plan.Redaction, plan.RequestHeaders);

    /// <summary>Number of exchanges that the task applies to.</summary>
    public long Exchanges => Tally.Exchanges;

    public TaskTally Tally { get; } = new();

    /// <summary>The requests that its rules exclude.</summary>
    public ExcludedRequests Excluded { get; } = new();

    /// <summary>Number of sampled exchanges, by rule and reason.</summary>
    public Dictionary<(string Rule, SampledAs Reason), long> Samples { get; } = [];

    /// <summary>The edges between the parties of its exchanges.</summary>
    public Edges Edges { get; } = new();

    /// <summary>The longest of the exchanges that were sampled for their duration.</summary>
    public SlowestList Slow { get; } = new(plan.TopN);

    /// <summary>The latest exchanges that were sampled for a 4xx status.</summary>
    public LatestList ClientErrors { get; } = new(plan.TopN);

    /// <summary>The latest exchanges that were sampled for a 5xx status.</summary>
    public LatestList ServerErrors { get; } = new(plan.TopN);

    /// <summary>Number of samples that a limit of the task suppressed.</summary>
    public long Limited(SampleLimit limit) => _limited[(int)limit];

    /// <summary>The rule that decides a request. Null if none matches.</summary>
    public SamplingRule? RuleOf(in Exchange exchange) =>
        plan.Rules.Find(exchange.Target, exchange.StartNanoseconds + exchange.DurationNanoseconds);

    /// <summary>Whether a rule excludes a request from counts; known when the request begins.</summary>
    public bool Excludes(in Exchange exchange) => plan.Rules.HasExclusions && RuleOf(exchange) is { IsCounted: false };

    /// <summary>Counts an exchange, and returns why it is to be sampled.</summary>
    /// <param name="rule">The rule that decides the exchange, which is not an excluding one.</param>
    public SampledAs Judge(in Exchange exchange, PeerPair peers, SamplingRule? rule)
    {
        if (exchange.Outcome == ExchangeOutcome.Complete)
        {
            Tally.Count(exchange);
            Edges.Record(exchange, peers);
        }
        else
        {
            Tally.CountUnfinished(exchange);
            if (exchange.IsCutShort) Edges.RecordUnfinished(peers);
        }

        return rule?.Judge(exchange.Status, exchange.DurationNanoseconds, exchange.IsCutShort) ?? SampledAs.None;
    }

    /// <summary>Counts and lists a sampled exchange.</summary>
    public void List(in Exchange exchange, PeerPair peers, SampleTag tag)
    {
        Samples.TryGetValue((tag.Rule, tag.SampledAs), out long count);
        Samples[(tag.Rule, tag.SampledAs)] = count + 1;
        switch (tag.SampledAs)
        {
            case SampledAs.Slow: Slow.Offer(exchange, peers, tag); break;
            case SampledAs.ClientError: ClientErrors.Offer(exchange, peers, tag); break;
            case SampledAs.ServerError: ServerErrors.Offer(exchange, peers, tag); break;
        }
    }

    /// <summary>Whether the limits permit the content of a sampled exchange; a suppressed sample is counted.</summary>
    public bool TryTake(in Exchange exchange)
    {
        var limit = _limiter.Take(SampleFactory.BytesOf(exchange), exchange.StartNanoseconds + exchange.DurationNanoseconds);
        _limited[(int)limit]++;
        return limit == SampleLimit.None;
    }

    public TraceReference? TraceOf(in Exchange exchange)
    {
        var fieldLines = exchange.Request.FieldLines.Of(exchange.RequestHeadBytes);
        return plan.Traces.TryRead(fieldLines, out var context) ? TraceReference.Of(context, fieldLines) : null;
    }
}
