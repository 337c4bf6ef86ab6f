using NetProfiler.Http1;

namespace NetProfiler.Analysis.Statistics;

/// <summary>Why a message did not become part of an exchange.</summary>
public enum UnpairedReason
{
    /// <summary>The connection ended before a response began.</summary>
    NoResponse,

    /// <summary>The connection ended during the response.</summary>
    ResponseIncomplete,

    /// <summary>The connection ended during the request's head.</summary>
    RequestIncomplete,

    /// <summary>A response for which no request was seen.</summary>
    ResponseWithoutRequest,

    /// <summary>Bytes with unknown content in between may contain other messages: pairing does not cross a gap.</summary>
    Gap,

    /// <summary>Bytes where a request should begin that are not a request.</summary>
    InvalidRequest,

    /// <summary>Bytes where a response should begin that are not a response.</summary>
    InvalidResponse,

    /// <summary>The connection has more unanswered requests than are kept.</summary>
    TooManyPending,

    /// <summary>No response yet when profiling ended.</summary>
    InFlight,

    /// <summary>
    /// After a loss, or on a connection that was joined in the middle: there is no evidence yet of which response answers which request.
    /// </summary>
    Unproven,

    /// <summary>The connection held too much of the memory for incomplete work.</summary>
    HeldTooMuch,
}

/// <summary>Why bytes of a stream were not seen although they were needed.</summary>
public enum GapReason
{
    /// <summary>No event reported the bytes: lost in the ring, or moved by a call or process that is not captured.</summary>
    Unseen,

    /// <summary>The bytes never pass through user memory, and were not part of a body of known length.</summary>
    LengthOnly,

    /// <summary>The call exceeded the limit of bytes per call.</summary>
    Limited,

    /// <summary>User memory could not be read.</summary>
    Fault,

    /// <summary>The call had more segments than are copied.</summary>
    Segments,

    /// <summary>The ring buffer was nearly full.</summary>
    Pressed,
}

/// <summary>Counters of what was processed and what was lost. Ring-buffer thread only.</summary>
/// <remarks>
/// Every byte that a call moved is in exactly one of ParsedBytes, PassedBytes, GapBytes, DiscardedBytes and DuplicateBytes, or is still
/// held: <see cref="MovedBytes"/> is their sum.
/// </remarks>
public sealed class CaptureStatistics
{
    private readonly long[] _unpaired = new long[Enum.GetValues<UnpairedReason>().Length];
    private readonly long[] _gapBytes = new long[Enum.GetValues<GapReason>().Length];

    public long Exchanges { get; internal set; }

    /// <summary>Number of <see cref="Exchanges"/> whose pairing is assumed, <c>PairingClass.Assumed</c>.</summary>
    public long ExchangesAssumed { get; internal set; }

    /// <summary>Number of <see cref="ExchangesAssumed"/> whose pairing was contradicted later.</summary>
    public long ExchangesRefuted { get; internal set; }

    /// <summary>Bytes moved by calls, including position gaps.</summary>
    public long MovedBytes { get; internal set; }

    /// <summary>Bytes read as HTTP/1.x.</summary>
    public long ParsedBytes { get; internal set; }

    /// <summary>Bytes not captured, and known to be part of a body.</summary>
    public long PassedBytes { get; internal set; }

    /// <summary>Bytes ignored by the analysis: not HTTP, before the first head, after the last message, after a gap.</summary>
    public long DiscardedBytes { get; internal set; }

    /// <summary>Bytes of ignored connections, which the kernel side counted and did not submit.</summary>
    public long LeftAloneBytes { get; internal set; }

    /// <summary>Bytes reported twice.</summary>
    public long DuplicateBytes { get; internal set; }

    public ProtocolAnomalies Anomalies { get; } = new();

    public long ConnectionsHttp { get; internal set; }

    /// <summary>Connections that are neither HTTP/1.x nor in one of the next three counters.</summary>
    public long ConnectionsNotHttp { get; private set; }

    public long ConnectionsTls { get; private set; }

    /// <summary>Number of <see cref="ConnectionsTls"/> whose plaintext was read, at least in part.</summary>
    public long ConnectionsTlsRead { get; internal set; }

    /// <summary>TLS sessions that were not read because their connection is unknown or carries plaintext HTTP.</summary>
    public long TlsSessionsRefused { get; internal set; }

    public long ConnectionsHttp2 { get; private set; }

    /// <summary>Connections whose first bytes were a request line without a version.</summary>
    public long ConnectionsHttp09 { get; private set; }

    public long ConnectionsTunneled { get; internal set; }

    /// <summary>
    /// HTTP connections that are older than the capture: what they carried before their first complete exchange is unknown.
    /// </summary>
    public long ConnectionsOlder { get; internal set; }

    /// <summary>Connections refused because the table was full.</summary>
    public long ConnectionsRefused { get; internal set; }

    /// <summary>Connections whose end was not reported, removed by the periodic sweep.</summary>
    public long ConnectionsSwept { get; internal set; }

    /// <summary>Number of times that what a connection held was discarded because all connections together held too much.</summary>
    public long ConnectionsGivenUp { get; internal set; }

    /// <summary>Number of times that the position in a stream had to be found again after a gap.</summary>
    public long Resynchronisations { get; internal set; }

    /// <summary>Number of times that content was not held because the budget of all exchanges was exhausted.</summary>
    public long MessagesNotHeld { get; internal set; }

    public long Unpaired(UnpairedReason reason) => _unpaired[(int)reason];

    public long UnpairedTotal => _unpaired.Sum();

    public long GapBytes(GapReason reason) => _gapBytes[(int)reason];

    public long GapBytesTotal => _gapBytes.Sum();

    /// <summary>Counts a connection that does not carry HTTP/1.x.</summary>
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
