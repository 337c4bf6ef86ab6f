using System.Security.Cryptography;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Tests.Tls;

/// <summary>Everything that a session told of TLS: the bytes of each stream at their positions, by the port of the other end.</summary>
internal sealed class PlaintextLog : ISocketEventHandler
{
    private readonly Dictionary<ulong, int> _ports = [];
    private readonly Dictionary<(ulong Stream, Direction Direction), List<(uint Position, byte[] Bytes)>> _pieces = [];
    private readonly Dictionary<ulong, SocketStream> _streams = [];

    public IEnumerable<SocketStream> Sessions => _streams.Values;

    public long Bytes => _pieces.Values.Sum(pieces => pieces.Sum(piece => (long)piece.Bytes.Length));

    /// <summary>Of streams without a gap.</summary>
    public Dictionary<int, string> HashesByPort(Direction direction) => _pieces.Where(one => one.Key.Direction == direction)
        .ToDictionary(one => PortOf(one.Key.Stream), one => Convert.ToHexString(SHA256.HashData(Join(one.Value))));

    /// <summary>Bytes that are others than the conversation of their client has at their position.</summary>
    public IEnumerable<string> Differences(Func<int, byte[]> conversation) =>
        from stream in _pieces
        let truth = conversation(PortOf(stream.Key.Stream))
        from piece in stream.Value
        where piece.Position + piece.Bytes.Length > truth.Length
            || !truth.AsSpan((int)piece.Position, piece.Bytes.Length).SequenceEqual(piece.Bytes)
        select $"port {PortOf(stream.Key.Stream)}, {stream.Key.Direction}, at {piece.Position}";

    public void OnOpen(in SocketOpen open) => _ports[open.Connection] = open.Remote.Port;

    public void OnData(in SocketData data)
    {
        if (!_streams.ContainsKey(data.Connection)) return; // ciphertext
        Assert.Equal(data.Direction == Direction.Ingress ? SocketCall.SslRead : SocketCall.SslWrite, data.Call);
        var key = (data.Connection, data.Direction);
        if (!_pieces.TryGetValue(key, out var pieces)) _pieces[key] = pieces = [];
        pieces.Add((data.Position + data.Offset, data.Bytes.ToArray()));
    }

    public void OnStream(in SocketStream stream) => _streams.Add(stream.Connection, stream);

    public void OnEnd(ulong connection, Direction direction, long timeNanoseconds)
    {
    }

    public void OnClose(in SocketClose close)
    {
    }

    public void OnTally(in SocketTally tally)
    {
    }

    public void OnDrop(ulong connection, string reason, long timeNanoseconds)
    {
    }

    public void OnProcessExit(int processId, long timeNanoseconds)
    {
    }

    public void OnOwner(in SocketOwner owner)
    {
    }

    public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote)
    {
    }

    public void OnStreamEnd(in SocketStreamEnd end)
    {
    }

    public void OnHost(uint networkNamespace, EndpointAddress address)
    {
    }

    private int PortOf(ulong stream) => _ports[_streams[stream].Carrier];

    private static byte[] Join(List<(uint Position, byte[] Bytes)> pieces)
    {
        var all = new List<byte>();
        foreach (var (position, bytes) in pieces)
        {
            if (position == all.Count) all.AddRange(bytes);
        }

        return [.. all];
    }
}
