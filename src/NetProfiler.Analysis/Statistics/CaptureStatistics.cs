using NetProfiler.Http1;

namespace NetProfiler.Analysis.Statistics;

/// <summary>Why a message became no exchange.</summary>
public enum UnpairedReason
{
    /// <summary>The connection ended before a response began.</summary>
    NoResponse,

    /// <summary>The connection ended within the response.</summary>
    ResponseIncomplete,

    /// <summary>The connection ended within the request's head.</summary>
    RequestIncomplete,

    /// <summary>A response for which no request was seen.</summary>
    ResponseWithoutRequest,

    /// <summary>Bytes between, whose content is not known, may hold other messages: nothing is paired across a gap.</summary>
    Gap,

    /// <summary>Bytes where a request should begin that are none.</summary>
    InvalidRequest,

    /// <summary>Bytes where a response should begin that are none.</summary>
    InvalidResponse,

    /// <summary>More requests without an answer than are remembered.</summary>
    TooManyPending,

    /// <summary>Not answered yet when profiling ended.</summary>
    InFlight,

    /// <summary>
    /// After a loss, or on a connection that was joined in the middle: no evidence yet of which response answers which request.
    /// </summary>
    Unproven,

    /// <summary>The connection held too much of the memory for what waits.</summary>
    HeldTooMuch,
}

/// <summary>Why stream bytes were not seen although they mattered.</summary>
public enum GapReason
{
    /// <summary>No event told of them: lost in the ring, or moved by a call or process that is not looked at.</summary>
    Unseen,

    /// <summary>They never pass through user memory, and were not body bytes of known length.</summary>
    LengthOnly,

    /// <summary>The limit of bytes per call.</summary>
    Limited,

    /// <summary>User memory could not be read.</summary>
    Fault,

    /// <summary>More segments than are looked at.</summary>
    Segments,

    /// <summary>The ring buffer was nearly full.</summary>
    Pressed,
}

/// <summary>What passed through and what was lost. Ring-buffer thread only.</summary>
/// <remarks>
/// Every byte that a call moved is in exactly one of ParsedBytes, PassedBytes, GapBytes, DiscardedBytes and DuplicateBytes
/// or still held: <see cref="MovedBytes"/> is their sum.
/// </remarks>
public sealed class CaptureStatistics
{
    private readonly long[] _unpaired = new long[Enum.GetValues<UnpairedReason>().Length];
    private readonly long[] _gapBytes = new long[Enum.GetValues<GapReason>().Length];

    public long Exchanges { get; internal set; }

    /// <summary>Of <see cref="Exchanges"/>: those that are assumed, <c>PairingClass.Assumed</c>.</summary>
    public long ExchangesAssumed { get; internal set; }

    /// <summary>Of <see cref="ExchangesAssumed"/>: those whose assumption was contradicted later.</summary>
    public long ExchangesRefuted { get; internal set; }

    /// <summary>Bytes that calls moved, and bytes of position gaps.</summary>
    public long MovedBytes { get; internal set; }

    /// <summary>Bytes read as HTTP/1.x.</summary>
    public long ParsedBytes { get; internal set; }

    /// <summary>Bytes not captured, and known to be body.</summary>
    public long PassedBytes { get; internal set; }

    /// <summary>Bytes without a meaning to us: not HTTP, before the first head, after the last message, behind a gap.</summary>
    public long DiscardedBytes { get; internal set; }

    /// <summary>Bytes of connections that are left alone: what the kernel side counted of them and did not hand over.</summary>
    public long LeftAloneBytes { get; internal set; }

    /// <summary>Bytes told twice.</summary>
    public long DuplicateBytes { get; internal set; }

    public ProtocolAnomalies Anomalies { get; } = new();

    public long ConnectionsHttp { get; internal set; }

    /// <summary>Neither HTTP/1.x nor one of the next three.</summary>
    public long ConnectionsNotHttp { get; private set; }

    public long ConnectionsTls { get; private set; }

    /// <summary>Number of <see cref="ConnectionsTls"/> whose plaintext was read, at least in part.</summary>
    public long ConnectionsTlsRead { get; internal set; }

    /// <summary>TLS sessions that were not read, because their connection is not known or speaks HTTP in clear text.</summary>
    public long TlsSessionsRefused { get; internal set; }

    public long ConnectionsHttp2 { get; private set; }

    /// <summary>A request line without a version came first.</summary>
    public long ConnectionsHttp09 { get; private set; }

    public long ConnectionsTunneled { get; internal set; }

    /// <summary>HTTP connections that began before we looked: what they carried before their first whole exchange is unknown.</summary>
    public long ConnectionsOlder { get; internal set; }

    /// <summary>Connections that found no room in the table.</summary>
    public long ConnectionsRefused { get; internal set; }

    /// <summary>Connections whose end was never told and that were swept.</summary>
    public long ConnectionsSwept { get; internal set; }

    /// <summary>Times that what a connection held was let go because all connections together held too much.</summary>
    public long ConnectionsGivenUp { get; internal set; }

    /// <summary>Streams whose position had to be found again after a gap.</summary>
    public long Resynchronisations { get; internal set; }

    /// <summary>Times that content of an exchange was not held, for the budget of all of them was used up.</summary>
    public long MessagesNotHeld { get; internal set; }

    public long Unpaired(UnpairedReason reason) => _unpaired[(int)reason];

    public long UnpairedTotal => _unpaired.Sum();

    public long GapBytes(GapReason reason) => _gapBytes[(int)reason];

    public long GapBytesTotal => _gapBytes.Sum();

    /// <summary>A connection turned out not to speak HTTP/1.x.</summary>
    internal void CountForeign(InvalidReason asRequest)
    {
        switch (asRequest)
        {
            case InvalidReason.TlsRecord: ConnectionsTls++; break;
            case InvalidReason.Http2Preface: ConnectionsHttp2++; break;
            case InvalidReason.Http09: ConnectionsHttp09++; break;
            default: ConnectionsNotHttp++; break;
        }
    }

    internal void CountUnpaired(UnpairedReason reason, int messages = 1) => _unpaired[(int)reason] += messages;

    internal void CountGap(GapReason reason, long bytes) => _gapBytes[(int)reason] += bytes;
}
