using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;

namespace NetProfiler.Node.Tasks;

/// <summary>How many exchanges a task saw, how they ended, how large they were and how long they took. Ring-buffer thread only.</summary>
internal sealed class TaskTally
{
    private readonly long[] _classes = new long[6];
    private readonly long[] _tlsUnread = new long[Enum.GetValues<TlsUnreadReason>().Length];

    public long Exchanges { get; private set; }

    public long RequestBytes { get; private set; }

    public long ResponseBytes { get; private set; }

    /// <summary>Messages and connections that could not be read or paired.</summary>
    public long Unread { get; private set; }

    /// <summary>Exchanges of a client that was taken to wait for each response.</summary>
    public long Assumed { get; private set; }

    /// <summary>Of the assumed ones those that a later message contradicted.</summary>
    public long Refuted { get; private set; }

    public LatencySketch Latency { get; } = new();

    /// <summary>Exchanges with a status of 100 times <paramref name="hundreds"/> and up.</summary>
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

    /// <summary>Requests whose connection ended before a response began.</summary>
    public long Unanswered { get; private set; }

    /// <summary>Exchanges whose connection ended within the response. Not among <see cref="Exchanges"/>.</summary>
    public long Incomplete { get; private set; }

    /// <summary>What was under way when capture ended is neither.</summary>
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
