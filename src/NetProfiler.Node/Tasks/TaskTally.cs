using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;

namespace NetProfiler.Node.Tasks;

/// <summary>The exchanges of a task: number, outcome, sizes and durations. Ring-buffer thread only.</summary>
internal sealed class TaskTally
{
    private readonly long[] _classes = new long[6];
    private readonly long[] _tlsUnread = new long[Enum.GetValues<TlsUnreadReason>().Length];

    public long Exchanges { get; private set; }

    public long RequestBytes { get; private set; }

    public long ResponseBytes { get; private set; }

    /// <summary>Number of messages and connections that could not be read or paired.</summary>
    public long Unread { get; private set; }

    /// <summary>Number of exchanges with an assumed pairing: their client was assumed to wait for each response.</summary>
    public long Assumed { get; private set; }

    /// <summary>Number of assumed exchanges that a later message contradicted.</summary>
    public long Refuted { get; private set; }

    public LatencySketch Latency { get; } = new();

    /// <summary>Number of exchanges with a status of 100 times <paramref name="hundreds"/> to 99 more.</summary>
    public long OfClass(int hundreds) => _classes[hundreds];

    public void Count(in Exchange exchange)
    {
        Exchanges++;
        if (exchange.Pairing == PairingClass.Assumed) Assumed++;
        _classes[exchange.Status is >= 100 and < 600 ? exchange.Status / 100 : 0]++;
        RequestBytes += exchange.RequestBytes ?? 0;
        ResponseBytes += exchange.ResponseBytes ?? 0;
        Latency.Add(exchange.DurationNanoseconds);
    }

    /// <summary>Number of requests whose connection ended before a response began.</summary>
    public long Unanswered { get; private set; }

    /// <summary>Number of exchanges whose connection ended during the response. Not included in <see cref="Exchanges"/>.</summary>
    public long Incomplete { get; private set; }

    /// <summary>A request in flight when capture ended is neither.</summary>
    public void CountUnfinished(in Exchange exchange)
    {
        if (!exchange.IsCutShort) return;
        if (exchange.Outcome == ExchangeOutcome.Unanswered) Unanswered++;
        else Incomplete++;
    }

    public void CountUnread(int count) => Unread += count;

    /// <summary>TLS connections whose plaintext was read, at least in part.</summary>
    public long TlsRead { get; private set; }

    /// <summary>TLS connections that were not read, by reason.</summary>
    public long TlsUnread(TlsUnreadReason reason) => _tlsUnread[(int)reason];

    public void CountTlsRead() => TlsRead++;

    public void CountTlsUnread(TlsUnreadReason reason)
    {
        _tlsUnread[(int)reason]++;
        Unread++;
    }

    public void CountRefuted(int count) => Refuted += count;
}
