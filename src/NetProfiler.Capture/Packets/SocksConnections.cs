using System.Buffers;

namespace NetProfiler.Capture.Packets;

/// <summary>Recognises handshakes with a SOCKS proxy: the bytes after one are those of the client and its server.</summary>
internal sealed class SocksConnections(PacketEvents events, PacketStatistics statistics)
{
    /// <summary>
    /// Whether all bytes belong to a handshake with a proxy, and are held. Otherwise the first <paramref name="handshake"/> bytes do, which
    /// complete it.
    /// </summary>
    public bool TryHold(TcpConnection connection, TcpStream stream, ReadOnlySpan<byte> captured, int length, long time, out int handshake)
    {
        handshake = 0;
        if (connection.Socks is null && connection.IsFirstClient is { } isFirstClient && stream.Position == 0
            && SocksHandshake.MayBegin(isFirstClient == (stream == connection.FromFirst), captured))
            connection.Socks = new SocksHandshake();
        return connection.Socks is { } socks && TryHold(connection, socks, stream, captured, length, time, out handshake);
    }

    /// <summary>Bytes of the connection are missing: a handshake in progress cannot be read.</summary>
    public void OnMissing(TcpConnection connection)
    {
        if (connection.Socks is not { } socks) return;
        if (socks.IsLikely) statistics.UnreadSocks++;
        GiveUp(connection);
    }

    /// <summary>Reports the bytes held as a handshake like any other bytes.</summary>
    public void GiveUp(TcpConnection connection)
    {
        if (connection.Socks is not { } socks) return;
        connection.Socks = null;
        foreach (bool isClient in new[] { true, false })
        {
            var side = socks.Side(isClient);
            if (side.Bytes.IsEmpty) continue;
            var stream = connection.IsFirstClient == isClient ? connection.FromFirst : connection.FromSecond;
            if (connection.Id == 0) events.Open(connection, stream, side.Bytes);
            events.Report(connection, stream, -(int)stream.Position, side.Bytes, (uint)side.Bytes.Length, side.TimeNanoseconds,
                acknowledged: null, isContinued: false);
        }
    }

    private bool TryHold(TcpConnection connection, SocksHandshake socks, TcpStream stream, ReadOnlySpan<byte> captured, int length,
        long time, out int handshake)
    {
        handshake = 0;
        var (client, server) = connection.IsFirstClient == true ? (connection.FromFirst, connection.FromSecond)
            : (connection.FromSecond, connection.FromFirst);
        var (own, other) = (socks.Side(stream == client), socks.Side(stream != client));
        int before = own.Bytes.Length;
        if (captured.Length < length || !own.TryAdd(captured, time))
        {
            OnMissing(connection);
            return false;
        }

        var status = socks.Read();
        if (status == OperationStatus.NeedMoreData) return true;
        if (status == OperationStatus.InvalidData)
        {
            if (socks.IsUnread) statistics.UnreadSocks++;
            own.Drop(captured.Length);
            GiveUp(connection);
            return false;
        }

        connection.Socks = null;
        client.LeaveOut(socks.Side(true).Read);
        server.LeaveOut(socks.Side(false).Read);
        var early = other.Bytes[other.Read..]; // sent before the proxy's reply
        if (!early.IsEmpty)
        {
            var speaker = stream == client ? server : client;
            events.Open(connection, speaker, early);
            events.Report(connection, speaker, -early.Length, early, (uint)early.Length, other.TimeNanoseconds, acknowledged: null,
                isContinued: false);
        }

        handshake = own.Read - before; // these bytes completed the handshake, which ends within them
        return handshake == captured.Length;
    }
}
