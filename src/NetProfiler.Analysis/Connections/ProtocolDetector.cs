using System.Buffers;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>The protocol of a connection.</summary>
internal enum Protocol : byte
{
    /// <summary>Not decided yet.</summary>
    Undecided,

    /// <summary>HTTP/1.x, and the direction of the requests is known.</summary>
    Http1,

    /// <summary>Another protocol, or no longer HTTP/1.x: its bytes are ignored.</summary>
    Ignored,
}

/// <summary>
/// Detects from the bytes, not from which side connected, whether a connection carries HTTP/1.x and which direction carries requests.
/// </summary>
internal sealed class ProtocolDetector(Connection connection, ConnectionServices services)
{
    /// <summary>Number of calls in each direction after which an older connection without any head is considered not to be HTTP.</summary>
    private const int MaxSeekingCalls = 64;

    private int _seekingCallsIngress;
    private int _seekingCallsEgress;

    // The first bytes of this direction are not HTTP/1.x, for the reason in _doubt: the other direction's first bytes decide.
    private ByteStream? _doubtful;
    private InvalidReason _doubt;

    public Protocol Protocol { get; private set; }

    /// <summary>The direction that carries requests, as far as it has been detected.</summary>
    public ByteStream Requests { get; private set; } = connection.Ingress;

    public ByteStream Responses { get; private set; } = connection.Egress;

    /// <summary>Whether the connection carries TLS records.</summary>
    public bool IsTls { get; private set; }

    /// <summary>The TLS of its process was read when TLS was detected.</summary>
    public bool MayBeRead { get; private set; }

    public bool IsHttp => Protocol == Protocol.Http1;

    public EndpointRole Role => !IsHttp ? EndpointRole.Unknown : Requests.Direction == Direction.Ingress ? EndpointRole.Server
        : EndpointRole.Client;

    /// <summary>
    /// Examines the first bytes of a direction. Null if they are HTTP/1.x, and the direction of the requests is known now.
    /// </summary>
    public ExpectedMessage? Detect(ByteStream stream, ReadOnlySpan<byte> bytes)
    {
        if (Protocol == Protocol.Ignored) return ExpectedMessage.Nothing;
        if (stream.Reader.Next == 0 && ProxyHeader.LooksLike(bytes) is not OperationStatus.InvalidData and var proxy)
            return proxy == OperationStatus.Done ? ExpectedMessage.ProxyHeader : ExpectedMessage.Unknown;
        var request = HeadReader.LooksLikeRequest(bytes);
        var response = HeadReader.LooksLikeResponse(bytes);
        if (request == OperationStatus.Done) Decide(stream.Direction);
        else if (response == OperationStatus.Done) Decide(stream.Direction ^ Direction.Egress);
        else if (request == OperationStatus.NeedMoreData || response == OperationStatus.NeedMoreData) return ExpectedMessage.Unknown;
        else return Doubt(stream, bytes);
        return null;
    }

    /// <summary>
    /// Same as <see cref="Detect"/> for a connection that was joined: only a complete head at the start of a call counts.
    /// </summary>
    public void Decide(ByteStream stream, OperationStatus looksLikeRequest, OperationStatus looksLikeResponse)
    {
        if (_doubtful is not null) return;
        if (looksLikeRequest == OperationStatus.Done) Decide(stream.Direction);
        else if (looksLikeResponse == OperationStatus.Done) Decide(stream.Direction ^ Direction.Egress);
        else GiveUpInTime(stream);
    }

    /// <summary>
    /// While a joined connection is uncertain, its latest head determines which direction carries requests: the one before may have been
    /// part of a body.
    /// </summary>
    public void Reconsider(ByteStream stream, OperationStatus looksLikeRequest, OperationStatus looksLikeResponse)
    {
        if (looksLikeRequest == OperationStatus.Done) Orient(stream.Direction);
        else if (looksLikeResponse == OperationStatus.Done) Orient(stream.Direction ^ Direction.Egress);
    }

    /// <summary>The connection carries another protocol: it is counted, and ignored from here on.</summary>
    public void IgnoreForeign(InvalidReason asRequest)
    {
        _doubtful = null;
        services.Statistics.CountForeign(asRequest);
        IsTls = asRequest == InvalidReason.TlsRecord;
        MayBeRead = IsTls && services.Kernel.ReadsTls(connection.Process.Id);
        // Whether a TLS connection is read is decided when it ends: see ExchangePipeline.
        if (IsTls) services.Sink.AcceptTls(connection, MayBeRead);
        else services.Sink.AcceptUnread(connection, 1);
        Ignore();
    }

    /// <summary>A TLS session is bound to the connection: the connection's own bytes are ignored.</summary>
    public void CarryTls()
    {
        if (Protocol != Protocol.Ignored) IgnoreForeign(InvalidReason.TlsRecord);
        if (IsTls) services.Statistics.ConnectionsTlsRead++;
        services.Sink.AcceptTlsRead(connection);
    }

    /// <summary>Only the end of the connection is of interest from here on.</summary>
    public void Ignore()
    {
        Protocol = Protocol.Ignored;
        connection.Assembler.Queue.Forget(UnpairedReason.NoResponse);
        connection.Ingress.Reader.Stop();
        connection.Egress.Reader.Stop();
        services.Kernel.Ignore(connection.Id);
    }

    /// <summary>
    /// The connection ends. If only one direction carried bytes, and they were not HTTP/1.x, it is counted as another protocol.
    /// </summary>
    public void OnClose()
    {
        if (Protocol == Protocol.Undecided && _doubtful is not null) IgnoreForeign(_doubt);
    }

    public void Reset()
    {
        Protocol = Protocol.Undecided;
        IsTls = MayBeRead = false;
        Orient(Direction.Ingress);
        _seekingCallsIngress = _seekingCallsEgress = 0;
        _doubtful = null;
        _doubt = InvalidReason.None;
    }

    private void Orient(Direction requests)
    {
        Requests = connection.StreamOf(requests);
        Responses = connection.StreamOf(requests ^ Direction.Egress);
    }

    private void Decide(Direction requests)
    {
        Protocol = Protocol.Http1;
        Orient(requests);
        services.Statistics.ConnectionsHttp++;
        if (!connection.IsFromStart) services.Statistics.ConnectionsOlder++;
        if (_doubtful is not { } doubtful) return;
        _doubtful = null;
        services.Statistics.Anomalies.Count(_doubt);
        bool isRequest = doubtful == connection.Requests;
        services.CountUnpaired(connection, isRequest ? UnpairedReason.InvalidRequest : UnpairedReason.InvalidResponse);
        if (isRequest) connection.Resynchronizer.OnRequestsLost();
        else connection.Resynchronizer.LoseTrack(UnpairedReason.Unproven, isNothingOwed: false);
    }

    /// <summary>
    /// The first bytes of a direction are not HTTP/1.x: either a malformed message or another protocol. TLS and HTTP/2 are recognized by
    /// their first bytes.
    /// </summary>
    private ExpectedMessage Doubt(ByteStream stream, ReadOnlySpan<byte> bytes)
    {
        HeadReader.TryReadRequest(bytes, out _, out var reason);
        if (reason is InvalidReason.TlsRecord or InvalidReason.Http2Preface || _doubtful is not null)
        {
            IgnoreForeign(_doubtful is not null ? _doubt : reason);
            return ExpectedMessage.Nothing;
        }

        _doubtful = stream;
        _doubt = reason;
        stream.Reader.Seek();
        return ExpectedMessage.Nothing;
    }

    private void GiveUpInTime(ByteStream stream)
    {
        if (stream.Direction == Direction.Ingress) _seekingCallsIngress++;
        else _seekingCallsEgress++;
        if (int.Min(_seekingCallsIngress, _seekingCallsEgress) >= MaxSeekingCalls) IgnoreForeign(InvalidReason.StartLine);
    }
}
