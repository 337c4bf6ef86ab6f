using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>
/// One request and what came of it: its final response, whole, begun or not begun. Lives during the call that hands it over.
/// </summary>
public readonly ref struct Exchange
{
    internal Exchange(ConnectionIdentity connection, in PendingExchange pending)
    {
        Connection = connection;
        _request = ref pending;
    }

    private readonly ref readonly PendingExchange _request;

    public ConnectionIdentity Connection { get; }

    /// <summary>Null: its content was not held.</summary>
    internal HeldExchange? Held => _request.Held;

    public ref readonly RequestHead Request => ref _request.Request;

    /// <summary>The bytes that the slices of <see cref="Request"/> point into.</summary>
    public ReadOnlySpan<byte> RequestHeadBytes => _request.HeadBytes;

    public ref readonly ResponseHead Response => ref _request.Response;

    public ReadOnlySpan<byte> Method => Request.MethodName.Of(RequestHeadBytes);

    public ReadOnlySpan<byte> Target => Request.Target.Of(RequestHeadBytes);

    public ReadOnlySpan<byte> Host => Request.Host.Of(RequestHeadBytes);

    /// <summary>0: no response was begun.</summary>
    public int Status => Response.Status;

    public ExchangeOutcome Outcome =>
        EndedBy == EndedBy.None ? ExchangeOutcome.Complete : _request.ResponseBegun ? ExchangeOutcome.Incomplete
            : ExchangeOutcome.Unanswered;

    /// <summary>
    /// The connection ended before the response was whole, and it is known how: a failure, where the end of the run is none.
    /// </summary>
    public bool IsCutShort => EndedBy is not (EndedBy.None or EndedBy.Unknown);

    /// <summary>Who ended the connection before the response was whole; none: it is whole.</summary>
    public EndedBy EndedBy => _request.EndedBy;

    /// <summary>How sure it is that the response answers the request.</summary>
    public PairingClass Pairing => _request.Pairing;

    /// <summary>What made the request's end unknown, or its head incomplete, and its sizes with it; none: they are known.</summary>
    public InvalidReason RequestFault => _request.RequestFault;

    /// <summary>What made the response's end unknown, and its sizes with it; none: they are known.</summary>
    public InvalidReason ResponseFault => _request.ResponseFault;

    /// <summary>The whole request on the wire, chunk framing and trailers included; null: not known.</summary>
    public long? RequestBytes => RequestFault == InvalidReason.None ? _request.RequestBytes : null;

    /// <summary>Null: not known.</summary>
    public long? RequestBodyBytes => RequestFault == InvalidReason.None ? _request.RequestBodyBytes : null;

    /// <summary>The whole response on the wire, or what came of it, its 1xx responses included; null: not known.</summary>
    public long? ResponseBytes => ResponseFault == InvalidReason.None ? _request.ResponseBytes : null;

    /// <summary>Null: not known.</summary>
    public long? ResponseBodyBytes => ResponseFault == InvalidReason.None ? _request.ResponseBodyBytes : null;

    /// <summary>
    /// Server: the return of the read that delivered the request's first byte. Client: the start of the first write of the
    /// request. CLOCK_MONOTONIC.
    /// </summary>
    public long StartNanoseconds => _request.StartNanoseconds;

    /// <summary>
    /// From the start to the return of the call that moved the final response's first byte. Never negative; 0 where no response was begun.
    /// </summary>
    public long TimeToFirstByteNanoseconds => long.Max(0, _request.ResponseStartNanoseconds - _request.StartNanoseconds);

    /// <summary>
    /// From the start to the return of the call that moved the response's last byte, or to the connection's end. Never negative.
    /// </summary>
    public long DurationNanoseconds => long.Max(0, _request.ResponseEndNanoseconds - _request.StartNanoseconds);

    /// <summary>What the duration, and a server's wait before it, was spent on.</summary>
    public ExchangePhases Phases => Connection.Role == EndpointRole.Client
        ? ExchangePhases.OfClient(
            _request.StartNanoseconds, _request.RequestEndNanoseconds, _request.ResponseArrivedNanoseconds,
            _request.ResponseStartNanoseconds,
            _request.ResponseEndNanoseconds)
        : ExchangePhases.OfServer(
            _request.RequestArrivedNanoseconds, _request.StartNanoseconds, _request.RequestEndNanoseconds, _request.ResponseCallNanoseconds,
            _request.ResponseEndNanoseconds);

    /// <summary>
    /// What both ends of the connection know this exchange by. Null: the ends cannot be compared, see <see cref="Exchanges.JoinKey"/>.
    /// </summary>
    public JoinKey? JoinKey => Exchanges.JoinKey.Of(Connection, _request.Position, _request.ResponsePosition);

    /// <summary>Smoothed, at the end of the exchange; 0 where there is none.</summary>
    public uint RoundTripMicroseconds => Connection.RoundTripMicroseconds;

    /// <summary>Segments that this side retransmitted from the exchange's first call to its last.</summary>
    public uint Retransmissions => unchecked(Connection.Retransmissions - _request.RetransmissionsBefore);
}
