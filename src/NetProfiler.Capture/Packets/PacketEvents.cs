using System.Buffers;
using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Replay;
using NetProfiler.Http1;

namespace NetProfiler.Capture.Packets;

/// <summary>Reports captured connections, and the bytes of their streams, as socket events of the profiled end.</summary>
/// <remarks>
/// The connecting end is the client. If the handshake was not captured, the first bytes decide; if these do not, the end with the lower
/// port is the server. A packet does not contain a process: the address of the profiled end is used instead.
/// </remarks>
internal sealed class PacketEvents(EndpointRole profiled)
{
    private ulong _latestId;

    /// <summary>Receives the events. Set before the first one.</summary>
    public IReplayHandler Handler { get; set; } = null!;

    public void Open(TcpConnection connection, TcpStream speaker, ReadOnlySpan<byte> first)
    {
        connection.Id = ++_latestId;
        bool isFirstClient = connection.IsFirstClient ?? GuessFirstClient(connection, speaker == connection.FromFirst, first);
        connection.IsFirstLocal = isFirstClient == (profiled == EndpointRole.Client);
        var (local, remote) = connection.IsFirstLocal ? (connection.Ends.First, connection.Ends.Second)
            : (connection.Ends.Second, connection.Ends.First);
        Handler.OnOpen(new SocketOpen
        {
            Connection = connection.Id,
            ProcessId = 0,
            ProcessName = Encoding.UTF8.GetBytes(profiled == EndpointRole.Client ? local.Host() : local.ToString()),
            Local = local,
            Remote = remote,
            Role = profiled == EndpointRole.Client ? EndpointRole.Client : EndpointRole.Server,
            FromStart = connection.IsFromStart,
        });
    }

    /// <param name="offset">Start of the bytes, relative to the stream's next byte.</param>
    public void Report(TcpConnection connection, TcpStream stream, int offset, ReadOnlySpan<byte> bytes, uint length, long time,
        uint? acknowledged, bool isContinued)
    {
        var direction = connection.DirectionOf(stream);
        var other = stream == connection.FromFirst ? connection.FromSecond : connection.FromFirst;
        uint opposite = acknowledged is { } sequence && other.IsKnown ? other.PositionOf(sequence) : 0;
        Handler.OnData(new SocketData
        {
            Connection = connection.Id,
            Direction = direction,
            Call = SocketCall.None,
            Uncaptured = bytes.Length < length ? Uncaptured.Limited : Uncaptured.None,
            ProcessId = 0,
            TimeNanoseconds = time,
            StartNanoseconds = time,
            Position = stream.Position + (uint)offset,
            Length = length,
            Offset = 0,
            Bytes = bytes,
            IsContinued = isContinued,
            HasOpposite = acknowledged is not null && other.IsKnown,
            OppositeTaken = opposite,
            OppositeThere = opposite,
            Retransmissions = (connection.IsFirstLocal ? connection.FromFirst : connection.FromSecond).Retransmissions,
        });
    }

    private static bool GuessFirstClient(TcpConnection connection, bool isFirstSpeaking, ReadOnlySpan<byte> bytes)
    {
        if (HeadReader.LooksLikeRequest(bytes) == OperationStatus.Done) return isFirstSpeaking;
        if (HeadReader.LooksLikeResponse(bytes) == OperationStatus.Done) return !isFirstSpeaking;
        return connection.Ends.First.Port > connection.Ends.Second.Port;
    }
}
