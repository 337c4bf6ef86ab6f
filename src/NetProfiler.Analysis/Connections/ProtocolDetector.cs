using System.Buffers;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>What a connection speaks.</summary>
internal enum Protocol : byte
{
    /// <summary>Not decided yet.</summary>
    Undecided,

    /// <summary>HTTP/1.x, and which direction carries requests is known.</summary>
    Http1,

    /// <summary>Something else, or no longer HTTP/1.x: its bytes are left alone.</summary>
    Ignored,
}

/// <summary>Finds in the bytes, not in who connected, whether a connection speaks HTTP/1.x and which direction carries requests.</summary>
internal sealed class ProtocolDetector(Connection connection, ConnectionServices services)
{
    /// <summary>Calls in each direction after which an older connection that never showed a head is taken for not HTTP.</summary>
    private const int MaxSeekingCalls = 64;

    private int _seekingCallsIngress;
    private int _seekingCallsEgress;

    public Protocol Protocol { get; private set; }

    public Direction Requests { get; private set; }

    public bool IsHttp => Protocol == Protocol.Http1;

    public EndpointRole Role => !IsHttp ? EndpointRole.Unknown : Requests == Direction.Ingress ? EndpointRole.Server : EndpointRole.Client;

    /// <summary>Looks at the first bytes of a direction. False: they are not enough, or no HTTP/1.x.</summary>
    public bool TryDecide(ByteStream stream, ReadOnlySpan<byte> bytes)
    {
        var request = HeadReader.LooksLikeRequest(bytes);
        var response = HeadReader.LooksLikeResponse(bytes);
        if (request == OperationStatus.Done) return Decide(stream.Direction);
        if (response == OperationStatus.Done) return Decide(stream.Direction ^ Direction.Egress);
        if (request == OperationStatus.InvalidData && response == OperationStatus.InvalidData) IgnoreForeign(bytes);
        return false;
    }

    /// <summary>The same on a connection that was joined: only a whole beginning at the start of a call counts.</summary>
    public void Decide(ByteStream stream, OperationStatus looksLikeRequest, OperationStatus looksLikeResponse)
    {
        if (looksLikeRequest == OperationStatus.Done) Decide(stream.Direction);
        else if (looksLikeResponse == OperationStatus.Done) Decide(stream.Direction ^ Direction.Egress);
        else GiveUpInTime(stream);
    }

    /// <summary>The connection speaks another protocol: it is recognised by its first bytes, counted, and left alone.</summary>
    public void IgnoreForeign(ReadOnlySpan<byte> bytes)
    {
        HeadReader.TryReadRequest(bytes, out _, out var reason);
        services.Statistics.CountForeign(reason);
        services.Sink.AcceptUnread(connection, 1);
        Ignore();
    }

    /// <summary>Only its end is of interest from now on.</summary>
    public void Ignore()
    {
        Protocol = Protocol.Ignored;
        connection.Assembler.Abandon();
        connection.Ingress.Reader.Stop();
        connection.Egress.Reader.Stop();
        services.Kernel.Ignore(connection.Id);
    }

    public void Reset()
    {
        Protocol = Protocol.Undecided;
        Requests = Direction.Ingress;
        _seekingCallsIngress = _seekingCallsEgress = 0;
    }

    private bool Decide(Direction requests)
    {
        Protocol = Protocol.Http1;
        Requests = requests;
        services.Statistics.ConnectionsHttp++;
        if (connection.Resynchronizer.IsUncertain) services.Statistics.ConnectionsOlder++;
        return true;
    }

    private void GiveUpInTime(ByteStream stream)
    {
        if (stream.Direction == Direction.Ingress) _seekingCallsIngress++;
        else _seekingCallsEgress++;
        if (int.Min(_seekingCallsIngress, _seekingCallsEgress) >= MaxSeekingCalls) IgnoreForeign(default);
    }
}
