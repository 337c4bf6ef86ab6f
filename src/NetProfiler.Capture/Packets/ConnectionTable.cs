namespace NetProfiler.Capture.Packets;

/// <summary>The connections of a capture, by their ends and tunnels.</summary>
/// <remarks>
/// The same addresses in two tunnels are two connections, unless the sequence numbers show that they are one: a packet that was captured on
/// several interfaces, with and without its tunnel, or a tunnel with a different identifier in each direction (GTP-U).
/// </remarks>
internal sealed class ConnectionTable
{
    private const int MaxConnections = 65_536;

    /// <summary>Maximum number of tunnels stored per connection; packets in other tunnels are compared each time.</summary>
    private const int MaxAliases = 8;

    /// <summary>Maximum number of connections with the same ends that are compared with a packet in a new tunnel, latest first.</summary>
    private const int MaxCompared = 16;

    private readonly Dictionary<EndpointPair, TcpConnection> _byEnds = [];

    // The latest connection in a tunnel, by its ends without the tunnel.
    private readonly Dictionary<EndpointPair, TcpConnection> _inTunnels = [];
    private readonly LinkedList<TcpConnection> _bySilence = [];

    private TcpConnection? _latest;

    public bool IsFull => _bySilence.Count == MaxConnections;

    public TcpConnection SilentLongest => _bySilence.First!.Value;

    public IEnumerable<TcpConnection> BySilence => _bySilence;

    /// <summary>
    /// The connection of the latest packet, if the segment is between its ends; otherwise null. Consecutive packets often belong to the
    /// same connection.
    /// </summary>
    public TcpConnection? FindLatest(in TcpSegment segment, out bool isFromFirst)
    {
        isFromFirst = false;
        if (_latest is not { } latest || latest.Ends.Tunnel != segment.Tunnel) return null;
        isFromFirst = latest.Ends.First == segment.Source;
        return isFromFirst
            ? latest.Ends.Second == segment.Destination ? latest : null
            : latest.Ends.First == segment.Destination && latest.Ends.Second == segment.Source ? latest : null;
    }

    /// <summary>The connection that a segment belongs to, or that it replaces. Null if absent.</summary>
    public TcpConnection? Find(in EndpointPair ends, in TcpSegment segment, bool isFromFirst)
    {
        if (_byEnds.TryGetValue(ends, out var known)) return known;
        if (_inTunnels.Count == 0 && ends.Tunnel == 0) return null;
        if (FindInOtherTunnels(ends, segment, isFromFirst) is not { } same) return null;
        same.Aliases ??= [];
        if (same.Aliases.Count == MaxAliases) return same;
        same.Aliases.Add(ends);
        _byEnds.Add(ends, same);
        return same;
    }

    public void Touch(TcpConnection connection)
    {
        _latest = connection;
        if (_bySilence.Last == connection.Place) return;
        _bySilence.Remove(connection.Place!);
        _bySilence.AddLast(connection.Place!);
    }

    public void Add(TcpConnection connection)
    {
        connection.Place = _bySilence.AddLast(connection);
        _latest = connection;
        _byEnds[connection.Ends] = connection;
        if (connection.Ends.Tunnel == 0) return;
        var ends = connection.Ends.WithoutTunnel;
        if (_inTunnels.TryGetValue(ends, out var older))
        {
            connection.Older = older;
            older.Newer = connection;
        }

        _inTunnels[ends] = connection;
    }

    public void Remove(TcpConnection connection)
    {
        if (_latest == connection) _latest = null;
        _bySilence.Remove(connection.Place!);
        _byEnds.Remove(connection.Ends);
        foreach (var alias in connection.Aliases ?? []) _byEnds.Remove(alias);
        if (connection.Ends.Tunnel == 0) return;
        if (connection.Older is { } older) older.Newer = connection.Newer;
        if (connection.Newer is { } newer) newer.Older = connection.Older;
        else if (connection.Older is { } latest) _inTunnels[connection.Ends.WithoutTunnel] = latest;
        else _inTunnels.Remove(connection.Ends.WithoutTunnel);
    }

    private TcpConnection? FindInOtherTunnels(in EndpointPair ends, in TcpSegment segment, bool isFromFirst)
    {
        var clear = ends.WithoutTunnel;
        if (_byEnds.TryGetValue(clear, out var outside) && IsOf(outside, segment, isFromFirst)) return outside;
        var connection = _inTunnels.GetValueOrDefault(clear);
        for (int compared = 0; connection is not null && compared < MaxCompared; compared++, connection = connection.Older)
        {
            if (IsOf(connection, segment, isFromFirst)) return connection;
        }

        return null;
    }

    private static bool IsOf(TcpConnection connection, in TcpSegment segment, bool isFromFirst)
    {
        var (own, other) = isFromFirst ? (connection.FromFirst, connection.FromSecond) : (connection.FromSecond, connection.FromFirst);
        if (segment.Has(TcpFlags.Syn) && own.IsKnown) return own.BeganAt(segment.Sequence + 1);
        bool isAnswer = segment.Has(TcpFlags.Ack) && other.IsKnown;
        if (segment.Has(TcpFlags.Syn)) return isAnswer && other.IsNear(segment.Acknowledged);
        return (own.IsKnown || isAnswer) && (!own.IsKnown || own.IsNear(segment.Sequence))
            && (!isAnswer || other.IsNear(segment.Acknowledged));
    }
}
