using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Metrics;

/// <summary>TCP metrics of one peer pair.</summary>
/// <param name="peers">Null for the overflow series.</param>
public sealed class TcpSeries(PeerLabels? peers, EndpointRole role, long createdNanoseconds)
{
    private readonly long[] _ends = new long[Enum.GetValues<ConnectionEnd>().Length];
    private readonly SortedDictionary<string, long> _drops = new(StringComparer.Ordinal);

    public PeerLabels? Peers { get; } = peers;

    /// <summary>
    /// Client if this side connected, server if it accepted; unknown if the connection is older than the capture and no message has
    /// revealed the role.
    /// </summary>
    public EndpointRole Role { get; } = role;

    /// <summary>CLOCK_MONOTONIC.</summary>
    public long CreatedNanoseconds { get; } = createdNanoseconds;

    /// <summary>CLOCK_MONOTONIC.</summary>
    public long LatestNanoseconds { get; private set; }

    /// <summary>Number of connections observed from their start.</summary>
    public long Opened { get; private set; }

    /// <summary>Sums over the connections' tallies.</summary>
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

    /// <summary>In nanoseconds, one value per tally.</summary>
    public BucketCounts RoundTrip { get; } = new(BucketCounts.PhaseBounds);

    /// <summary>In nanoseconds. Client: SYN to established; server: established to accepted.</summary>
    public BucketCounts Setup { get; } = new(BucketCounts.PhaseBounds);

    public IEnumerable<(string Reason, long Packets)> Drops => _drops.Select(drop => (drop.Key, drop.Value));

    public long Ended(ConnectionEnd end) => _ends[(int)end];

    /// <param name="news">The growth since the connection's previous tally.</param>
    /// <param name="isOpened">The connection was accepted or connected since then.</param>
    /// <param name="isSetupNews">The set-up time became known since then.</param>
    internal void Add(in SocketTally news, bool isOpened, bool isSetupNews)
    {
        LatestNanoseconds = news.TimeNanoseconds;
        if (isOpened) Opened++;
        if (isSetupNews) Setup.Add(news.SetupNanoseconds);
        // one count, regardless of which side closed first
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

    /// <summary>The reasons are the kernel's drop reasons, of which there are at most a few hundred.</summary>
    internal void AddDrop(string reason, long timeNanoseconds)
    {
        LatestNanoseconds = timeNanoseconds;
        _drops[reason] = _drops.GetValueOrDefault(reason) + 1;
    }
}

/// <summary>TCP metrics by peer pair, within a budget of series. Ring-buffer thread only.</summary>
/// <param name="maxPairs">Maximum number of pairs with series of their own. Beyond it, there is one overflow series per role.</param>
public sealed class TcpMetrics(int maxPairs)
{
    private readonly PairSeries<TcpSeries> _series = new(maxPairs);
    private readonly TcpSeries?[] _overflow = new TcpSeries?[3];

    public IEnumerable<TcpSeries> Series => _series.All.Concat(_overflow.OfType<TcpSeries>());

    /// <param name="before">The connection's previous tally; the default value for the first one.</param>
    internal void Record(ConnectionIdentity connection, PeerPair peers, in SocketTally before, in SocketTally now)
    {
        var news = now.Since(before);
        bool wasOpened = IsOpened(connection, before), isOpened = IsOpened(connection, now);
        SeriesOf(peers.Labels, now.TimeNanoseconds)
            .Add(news, isOpened && !wasOpened, now.SetupNanoseconds != 0 && before.SetupNanoseconds == 0);
    }

    internal void RecordDrop(PeerPair peers, string reason, long timeNanoseconds) =>
        SeriesOf(peers.Labels, timeNanoseconds).AddDrop(reason, timeNanoseconds);

    /// <summary>Removes pairs without an update for <see cref="ExchangeMetrics.IdleNanoseconds"/>.</summary>
    public void Expire(long nowNanoseconds) =>
        _series.Expire(series => nowNanoseconds - series.LatestNanoseconds > ExchangeMetrics.IdleNanoseconds);

    /// <summary>As <see cref="ExchangeMetrics.Remove"/>.</summary>
    public void Remove(Func<string?, bool> isGone)
    {
        _series.Expire(series => isGone(series.Peers!.Owner));
        if (isGone(null)) Array.Clear(_overflow);
    }

    // A client may still be waiting for the SYN-ACK. If a call has moved bytes, or the set-up time is known, it is not.
    private static bool IsOpened(ConnectionIdentity connection, in SocketTally tally) =>
        connection.IsFromStart && tally.TimeNanoseconds != 0 && tally.End != ConnectionEnd.Failed &&
        (connection.OpenedAs == EndpointRole.Server || tally.SetupNanoseconds != 0 || tally.ReadCalls + tally.WriteCalls != 0);

    private TcpSeries SeriesOf(PeerLabels peers, long nowNanoseconds) =>
        _series.Find(peers, nowNanoseconds, static (labels, now) => new TcpSeries(labels, labels.Role, now))
            ?? (_overflow[(int)peers.Role] ??= new TcpSeries(null, peers.Role, nowNanoseconds));
}
