using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Metrics;

/// <summary>What the TCP connections of one peer pair did.</summary>
/// <param name="peers">Null for the overflow series.</param>
public sealed class TcpSeries(PeerLabels? peers, EndpointRole role, long createdNanoseconds)
{
    private readonly long[] _ends = new long[Enum.GetValues<ConnectionEnd>().Length];
    private readonly SortedDictionary<string, long> _drops = new(StringComparer.Ordinal);

    public PeerLabels? Peers { get; } = peers;

    /// <summary>Who connected is the client; unknown where that was before our time and no message has told.</summary>
    public EndpointRole Role { get; } = role;

    /// <summary>CLOCK_MONOTONIC.</summary>
    public long CreatedNanoseconds { get; } = createdNanoseconds;

    /// <summary>CLOCK_MONOTONIC.</summary>
    public long LatestNanoseconds { get; private set; }

    /// <summary>Connections that were accepted, or connected, under our eyes.</summary>
    public long Opened { get; private set; }

    /// <summary>Sums of the connections' tallies.</summary>
    public long ReadCalls { get; private set; }

    public long WriteCalls { get; private set; }
    public long ReadBytes { get; private set; }
    public long WriteBytes { get; private set; }
    public long ReadNanoseconds { get; private set; }
    public long WriteNanoseconds { get; private set; }
    public long Retransmissions { get; private set; }
    public long ZeroWindows { get; private set; }
    public long SendBufferNanoseconds { get; private set; }
    public long PeerWindowNanoseconds { get; private set; }

    /// <summary>Nanoseconds, one value a tally.</summary>
    public BucketCounts RoundTrip { get; } = new(BucketCounts.PhaseBounds);

    /// <summary>Nanoseconds. Client: SYN to established; server: established to accepted.</summary>
    public BucketCounts Setup { get; } = new(BucketCounts.PhaseBounds);

    public IEnumerable<(string Reason, long Packets)> Drops => _drops.Select(drop => (drop.Key, drop.Value));

    public long Ended(ConnectionEnd end) => _ends[(int)end];

    /// <param name="news">What came since the connection's tally before.</param>
    /// <param name="isOpened">It was accepted, or connected, since then.</param>
    /// <param name="isSetupNews">Its set-up time became known.</param>
    internal void Add(in SocketTally news, bool isOpened, bool isSetupNews)
    {
        LatestNanoseconds = news.TimeNanoseconds;
        if (isOpened) Opened++;
        if (isSetupNews) Setup.Add(news.SetupNanoseconds);
        // one count, whoever was first
        if (news.End != ConnectionEnd.None) _ends[(int)(news.End == ConnectionEnd.PeerFin ? ConnectionEnd.Fin : news.End)]++;
        if (news.RoundTripMicroseconds > 0) RoundTrip.Add(news.RoundTripMicroseconds * 1000L);
        ReadCalls += news.ReadCalls;
        WriteCalls += news.WriteCalls;
        ReadBytes += news.ReadBytes;
        WriteBytes += news.WriteBytes;
        ReadNanoseconds += news.ReadNanoseconds;
        WriteNanoseconds += news.WriteNanoseconds;
        Retransmissions += news.Retransmissions;
        ZeroWindows += news.ZeroWindows;
        SendBufferNanoseconds += news.SendBufferNanoseconds;
        PeerWindowNanoseconds += news.PeerWindowNanoseconds;
    }

    /// <summary>Reasons are the kernel's: there are some hundred at most.</summary>
    internal void AddDrop(string reason, long timeNanoseconds)
    {
        LatestNanoseconds = timeNanoseconds;
        _drops[reason] = _drops.GetValueOrDefault(reason) + 1;
    }
}

/// <summary>What TCP connections did, by peer pair, within a budget of series. Ring-buffer thread only.</summary>
/// <param name="maxPairs">Pairs with series of their own; what is over it is one overflow series for each role.</param>
public sealed class TcpMetrics(int maxPairs)
{
    private readonly PairSeries<TcpSeries> _series = new(maxPairs);
    private readonly TcpSeries?[] _overflow = new TcpSeries?[3];

    public IEnumerable<TcpSeries> Series => _series.All.Concat(_overflow.OfType<TcpSeries>());

    /// <param name="before">The connection's tally before; the default for the first.</param>
    internal void Record(ConnectionIdentity connection, PeerPair peers, in SocketTally before, in SocketTally now)
    {
        var news = now.Since(before);
        bool wasOpened = IsOpened(connection, before), isOpened = IsOpened(connection, now);
        SeriesOf(peers.Labels, now.TimeNanoseconds)
            .Add(news, isOpened && !wasOpened, now.SetupNanoseconds != 0 && before.SetupNanoseconds == 0);
    }

    internal void RecordDrop(PeerPair peers, string reason, long timeNanoseconds) =>
        SeriesOf(peers.Labels, timeNanoseconds).AddDrop(reason, timeNanoseconds);

    /// <summary>Lets go of pairs of which nothing was heard for <see cref="ExchangeMetrics.IdleNanoseconds"/>.</summary>
    public void Expire(long nowNanoseconds) =>
        _series.Expire(series => nowNanoseconds - series.LatestNanoseconds > ExchangeMetrics.IdleNanoseconds);

    /// <summary>As <see cref="ExchangeMetrics.Remove"/>.</summary>
    public void Remove(Func<string?, bool> isGone)
    {
        _series.Expire(series => isGone(series.Peers!.Owner));
        if (isGone(null)) Array.Clear(_overflow);
    }

    // Who connects may still wait for the other end; whoever has called, or knows how long it took, does not.
    private static bool IsOpened(ConnectionIdentity connection, in SocketTally tally) =>
        connection.IsFromStart && tally.TimeNanoseconds != 0 && tally.End != ConnectionEnd.Failed &&
        (connection.OpenedAs == EndpointRole.Server || tally.SetupNanoseconds != 0 || tally.ReadCalls + tally.WriteCalls != 0);

    private TcpSeries SeriesOf(PeerLabels peers, long nowNanoseconds) =>
        _series.Find(peers, nowNanoseconds, static (labels, now) => new TcpSeries(labels, labels.Role, now))
            ?? (_overflow[(int)peers.Role] ??= new TcpSeries(null, peers.Role, nowNanoseconds));
}
