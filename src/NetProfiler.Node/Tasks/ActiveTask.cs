using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Node.Tasks;

/// <summary>One task at work: its plan, its budget, and what it found. Nothing of it is another task's. Ring-buffer thread only.</summary>
internal sealed class ActiveTask(ProfilingPlan plan)
{
    private readonly SampleLimiter _limiter = new(plan.MaxSamplesPerSecond);
    private readonly long[] _limited = new long[Enum.GetValues<SampleLimit>().Length];

    public ProfilingPlan Plan => plan;

    /// <summary>What may be shown of its samples, for any thread.</summary>
    public SampleContent Content { get; } = new(plan.Redaction, plan.RequestHeaders);

    /// <summary>Exchanges that the task is about.</summary>
    public long Exchanges => Tally.Exchanges;

    public TaskTally Tally { get; } = new();

    /// <summary>What its rules keep out of all else.</summary>
    public ExcludedRequests Excluded { get; } = new();

    /// <summary>Sampled, by rule and reason.</summary>
    public Dictionary<(string Rule, SampledAs Reason), long> Samples { get; } = [];

    /// <summary>Who exchanged with whom.</summary>
    public Edges Edges { get; } = new();

    /// <summary>Of those sampled for their duration, the longest.</summary>
    public SlowestList Slow { get; } = new(plan.TopN);

    /// <summary>The latest that were sampled as 4xx.</summary>
    public LatestList ClientErrors { get; } = new(plan.TopN);

    /// <summary>The latest that were sampled as 5xx.</summary>
    public LatestList ServerErrors { get; } = new(plan.TopN);

    /// <summary>Samples that a limit of the task kept back.</summary>
    public long Limited(SampleLimit limit) => _limited[(int)limit];

    /// <summary>The rule that decides about a request; null: none matched.</summary>
    public SamplingRule? RuleOf(in Exchange exchange) =>
        plan.Rules.Find(exchange.Target, exchange.StartNanoseconds + exchange.DurationNanoseconds);

    /// <summary>Whether a rule keeps a request out of counts; known when it begins.</summary>
    public bool Excludes(in Exchange exchange) => plan.Rules.HasExclusions && RuleOf(exchange) is { IsCounted: false };

    /// <summary>Counts an exchange, and says whether to sample it.</summary>
    /// <param name="rule">The one that decides; it does not exclude.</param>
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

    /// <summary>Whether the content of a sampled exchange may be handed on; what a limit keeps back is counted.</summary>
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
