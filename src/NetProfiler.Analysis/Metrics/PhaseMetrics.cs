using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Metrics;

/// <summary>The phases of one peer pair's exchanges, in nanoseconds.</summary>
/// <param name="peers">Null for the overflow series.</param>
public sealed class PhaseSeries(PeerLabels? peers, EndpointRole role, long createdNanoseconds)
{
    private readonly BucketCounts?[] _phases = new BucketCounts?[Enum.GetValues<ExchangePhase>().Length];

    public PeerLabels? Peers { get; } = peers;

    public EndpointRole Role { get; } = role;

    /// <summary>CLOCK_MONOTONIC of the first exchange.</summary>
    public long CreatedNanoseconds { get; } = createdNanoseconds;

    /// <summary>CLOCK_MONOTONIC of the latest exchange.</summary>
    public long LatestNanoseconds { get; set; }

    /// <summary>Null if the role does not have this phase, or if none was recorded.</summary>
    public BucketCounts? this[ExchangePhase phase] => _phases[(int)phase];

    internal void Add(in ExchangePhases phases)
    {
        if (phases.QueueNanoseconds is { } queue) Add(ExchangePhase.Queue, queue);
        Add(ExchangePhase.Receive, phases.ReceiveNanoseconds);
        if (phases.Role == EndpointRole.Server)
        {
            Add(ExchangePhase.Application, phases.ApplicationNanoseconds);
            Add(ExchangePhase.Write, phases.WriteNanoseconds);
        }
        else
        {
            Add(ExchangePhase.Send, phases.SendNanoseconds);
            Add(ExchangePhase.Wait, phases.WaitNanoseconds);
        }
    }

    private void Add(ExchangePhase phase, long nanoseconds) =>
        (_phases[(int)phase] ??= new BucketCounts(BucketCounts.PhaseBounds)).Add(nanoseconds);
}

/// <summary>Phases by peer pair, within a budget of series. Ring-buffer thread only.</summary>
/// <param name="maxPairs">Maximum number of pairs with series of their own. Beyond it, there is one overflow series per role.</param>
public sealed class PhaseMetrics(int maxPairs)
{
    private readonly PairSeries<PhaseSeries> _series = new(maxPairs);
    private readonly PhaseSeries?[] _overflow = new PhaseSeries?[3];

    // Consecutive exchanges often belong to the same pair, so the latest series is found without the table.
    private PhaseSeries? _latest;

    public IEnumerable<PhaseSeries> Series => _series.All.Concat(_overflow.OfType<PhaseSeries>());

    public void Record(in Exchange exchange, PeerPair peers)
    {
        var labels = peers.Labels;
        if (!ReferenceEquals(_latest?.Peers, labels)) _latest = SeriesOf(labels, exchange.StartNanoseconds);
        var series = _latest!;
        series.Add(exchange.Phases);
        series.LatestNanoseconds = exchange.StartNanoseconds + exchange.DurationNanoseconds;
    }

    /// <summary>Removes pairs without an exchange for <see cref="ExchangeMetrics.IdleNanoseconds"/>.</summary>
    public void Expire(long nowNanoseconds)
    {
        _series.Expire(series => nowNanoseconds - series.LatestNanoseconds > ExchangeMetrics.IdleNanoseconds);
        _latest = null;
    }

    /// <summary>As <see cref="ExchangeMetrics.Remove"/>.</summary>
    public void Remove(Func<string?, bool> isGone)
    {
        _series.Expire(series => isGone(series.Peers!.Owner));
        _latest = null;
        if (isGone(null)) Array.Clear(_overflow);
    }

    private PhaseSeries SeriesOf(PeerLabels peers, long now) =>
        _series.Find(peers, now, static (labels, now) => new PhaseSeries(labels, labels.Role, now))
            ?? (_overflow[(int)peers.Role] ??= new PhaseSeries(null, peers.Role, now));
}
