using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>One request with its final response, which may be complete, begun, or absent. Valid during the callback.</summary>
public readonly ref struct Exchange
{
    internal Exchange(ConnectionIdentity connection, in PendingExchange pending)
    {
        Connection = connection;
        _request = ref pending;
    }

    private readonly ref readonly PendingExchange _request;

    public ConnectionIdentity Connection { get; }

    /// <summary>The held content. Null if none is held.</summary>
    internal HeldExchange? Held => _request.Held;

    public ref readonly RequestHead Request => ref _request.Request;

    /// <summary>The bytes that the slices of <see cref="Request"/> point into.</summary>
    public ReadOnlySpan<byte> RequestHeadBytes => _request.HeadBytes;

    public ref readonly ResponseHead Response => ref _request.Response;

    public ReadOnlySpan<byte> Method => Request.MethodName.Of(RequestHeadBytes);

    public ReadOnlySpan<byte> Target => Request.Target.Of(RequestHeadBytes);

    public ReadOnlySpan<byte> Host => Request.Host.Of(RequestHeadBytes);

    /// <summary>0 if no response began.</summary>
    public int Status => Response.Status;

    public ExchangeOutcome Outcome =>
        EndedBy == EndedBy.None ? ExchangeOutcome.Complete : _request.ResponseBegun ? ExchangeOutcome.Incomplete
            : ExchangeOutcome.Unanswered;

    /// <summary>
    /// The connection ended before the response was complete, and the cause is known. The end of profiling is not a failure.
    /// </summary>
    public bool IsCutShort => EndedBy is not (EndedBy.None or EndedBy.Unknown);

    /// <summary>Which side ended the connection before the response was complete. None if it is complete.</summary>
    public EndedBy EndedBy => _request.EndedBy;

    /// <summary>Certainty that the response answers the request.</summary>
    public PairingClass Pairing => _request.Pairing;

    /// <summary>
    /// The fault that makes the request's end unknown, or its head incomplete, and its sizes unknown. None if they are known.
    /// </summary>
    public InvalidReason RequestFault => _request.RequestFault;

    /// <summary>The fault that makes the response's end, and so its sizes, unknown. None if they are known.</summary>
    public InvalidReason ResponseFault => _request.ResponseFault;

    /// <summary>Size of the whole request on the wire, including chunk framing and trailers. Null if unknown.</summary>
    public long? RequestBytes => RequestFault == InvalidReason.None ? _request.RequestBytes : null;

    /// <summary>Null if unknown.</summary>
    public long? RequestBodyBytes => RequestFault == InvalidReason.None ? _request.RequestBodyBytes : null;

    /// <summary>Size of the response on the wire, as far as it was moved, including its 1xx responses. Null if unknown.</summary>
    public long? ResponseBytes => ResponseFault == InvalidReason.None ? _request.ResponseBytes : null;

    /// <summary>Null if unknown.</summary>
    public long? ResponseBodyBytes => ResponseFault == InvalidReason.None ? _request.ResponseBodyBytes : null;

    /// <summary>
    /// Server: the return of the read that delivered the request's first byte. Client: the start of the first write of the
    /// request. CLOCK_MONOTONIC.
    /// </summary>
    public long StartNanoseconds => _request.StartNanoseconds;

    /// <summary>
    /// Time from the start to the return of the call that moved the final response's first byte. Never negative; 0 if no response began.
    /// </summary>
    public long TimeToFirstByteNanoseconds => long.Max(0, _request.ResponseStartNanoseconds - _request.StartNanoseconds);

    /// <summary>
    /// Time from the start to the return of the call that moved the response's last byte, or to the connection's end. Never negative.
    /// </summary>
    public long DurationNanoseconds => long.Max(0, _request.ResponseEndNanoseconds - _request.StartNanoseconds);

    /// <summary>The breakdown of the duration, and of a server's queue time before it.</summary>
    public ExchangePhases Phases => Connection.Role == EndpointRole.Client
        ? ExchangePhases.OfClient(
            _request.StartNanoseconds, _request.RequestEndNanoseconds, _request.ResponseArrivedNanoseconds,
            _request.ResponseStartNanoseconds,
            _request.ResponseEndNanoseconds)
        : ExchangePhases.OfServer(
            _request.RequestArrivedNanoseconds, _request.StartNanoseconds, _request.RequestEndNanoseconds, _request.ResponseCallNanoseconds,
            _request.ResponseEndNanoseconds);

    /// <summary>
    /// Identifies this exchange at both ends of the connection. Null if the ends cannot be compared, see <see cref="Exchanges.JoinKey"/>.
    /// </summary>
    public JoinKey? JoinKey => Exchanges.JoinKey.Of(Connection, _request.Position, _request.ResponsePosition);

    /// <summary>Smoothed round-trip time at the end of the exchange; 0 if absent.</summary>
    public uint RoundTripMicroseconds => Connection.RoundTripMicroseconds;

    /// <summary>Segments that this side retransmitted from the exchange's first call to its last.</summary>
    public uint Retransmissions => unchecked(Connection.Retransmissions - _request.RetransmissionsBefore);
}
