using System.Buffers;

namespace NetProfiler.Capture.Packets;

/// <summary>The start of a connection through a SOCKS proxy: what both ends send before the bytes of the client and its server.</summary>
/// <remarks>SOCKS 5 (RFC 1928, with RFC 1929), SOCKS 4 and 4a; CONNECT only.</remarks>
internal sealed class SocksHandshake
{
    private const int Connect = 1;

    private readonly SocksSide _client = new();
    private readonly SocksSide _server = new();

    public SocksSide Side(bool isClient) => isClient ? _client : _server;

    /// <summary>Whether the client's messages are valid so far, but request something that is not supported.</summary>
    public bool IsUnread { get; private set; }

    /// <summary>Whether the client's bytes so far are a greeting.</summary>
    public bool IsLikely => _client.Bytes is [4, 1 or 2, ..] or [5, 1, _] or [5, 2, _, _] or [5, 3, _, _, _]
        || (_client.Bytes is [5, ..] && _server.Bytes is [5, ..]);

    /// <summary>
    /// Whether the first captured bytes can belong to a handshake; the proxy's bytes may be captured before the client's.
    /// </summary>
    public static bool MayBegin(bool isClient, ReadOnlySpan<byte> bytes) =>
        !bytes.IsEmpty && (isClient ? bytes[0] is 4 or 5 : bytes[0] is 0 or 5);

    /// <summary>
    /// Done if <see cref="SocksSide.Read"/> of each side is its part of the handshake. InvalidData if this is not a handshake, if it
    /// failed, or if it is not supported.
    /// </summary>
    public OperationStatus Read()
    {
        _client.Read = _server.Read = 0;
        var status = _client.Bytes switch
        {
            [] => OperationStatus.NeedMoreData,
            [5, ..] => ReadVersion5(),
            [4, ..] => ReadVersion4(),
            _ => OperationStatus.InvalidData,
        };
        return status == OperationStatus.NeedMoreData && (_client.IsFull || _server.IsFull) ? OperationStatus.InvalidData : status;
    }

    // RFC 1928, sections 3 to 6.
    private OperationStatus ReadVersion5()
    {
        const byte noAuthentication = 0, password = 2, none = 0xFF;
        if (!_client.TryTake(2, out var greeting)) return OperationStatus.NeedMoreData;
        if (greeting[1] == 0) return OperationStatus.InvalidData;
        if (!_client.TryTake(greeting[1], out _) || !_server.TryTake(2, out var choice)) return OperationStatus.NeedMoreData;
        if (choice[0] != 5 || choice[1] == none) return OperationStatus.InvalidData;
        if (choice[1] is not (noAuthentication or password)) return Unread();
        if (choice[1] == password && ReadPassword() is not OperationStatus.Done and var status) return status;

        if (!_client.TryTake(4, out var request)) return OperationStatus.NeedMoreData;
        if (request[0] != 5 || request[2] != 0) return OperationStatus.InvalidData;
        if (request[1] != Connect) return Unread();
        if (TakeAddress(_client, request[3]) is not OperationStatus.Done and var address) return address;
        if (!_server.TryTake(4, out var reply)) return OperationStatus.NeedMoreData;
        return reply[0] != 5 || reply[1] != 0 ? OperationStatus.InvalidData : TakeAddress(_server, reply[3]);
    }

    // RFC 1929, section 2.
    private OperationStatus ReadPassword()
    {
        if (!_client.TryTake(2, out var user)) return OperationStatus.NeedMoreData;
        if (user[0] != 1) return OperationStatus.InvalidData;
        if (!_client.TryTake(user[1], out _) || !_client.TryTake(1, out var length) || !_client.TryTake(length[0], out _))
            return OperationStatus.NeedMoreData;
        if (!_server.TryTake(2, out var answer)) return OperationStatus.NeedMoreData;
        return answer[1] == 0 ? OperationStatus.Done : OperationStatus.InvalidData;
    }

    private static OperationStatus TakeAddress(SocksSide side, byte kind)
    {
        const int port = 2;
        int length = kind switch { 1 => 4, 4 => 16, 3 => 0, _ => -1 };
        if (length < 0) return OperationStatus.InvalidData;
        if (kind == 3)
        {
            if (!side.TryTake(1, out var name)) return OperationStatus.NeedMoreData;
            length = name[0];
        }

        return side.TryTake(length + port, out _) ? OperationStatus.Done : OperationStatus.NeedMoreData;
    }

    // SOCKS: A protocol for TCP proxy across firewalls; SOCKS 4A.
    private OperationStatus ReadVersion4()
    {
        const byte granted = 90;
        if (!_client.TryTake(8, out var request)) return OperationStatus.NeedMoreData;
        bool isNamed = request[4] == 0 && request[5] == 0 && request[6] == 0 && request[7] != 0;
        if (request[1] is not (Connect or 2)) return OperationStatus.InvalidData;
        if (!_client.TryTakeText() || (isNamed && !_client.TryTakeText())) return OperationStatus.NeedMoreData;
        if (request[1] != Connect) return Unread();
        if (!_server.TryTake(8, out var reply)) return OperationStatus.NeedMoreData;
        return reply[0] == 0 && reply[1] == granted ? OperationStatus.Done : OperationStatus.InvalidData;
    }

    private OperationStatus Unread()
    {
        IsUnread = true;
        return OperationStatus.InvalidData;
    }
}

/// <summary>The first bytes of one direction, held during a handshake.</summary>
internal sealed class SocksSide
{
    /// <summary>More than the longest supported handshake: methods, user, password and name have up to 255 bytes each.</summary>
    private const int MaxBytes = 2048;

    private byte[] _bytes = new byte[32];
    private int _length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public bool IsFull => _length == MaxBytes;

    /// <summary>Number of bytes that have been parsed.</summary>
    public int Read { get; set; }

    /// <summary>The time of the latest bytes.</summary>
    public long TimeNanoseconds { get; private set; }

    /// <summary>Appends bytes. False if there is no room for them.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes, long timeNanoseconds)
    {
        if (bytes.Length > MaxBytes - _length) return false;
        if (bytes.Length > _bytes.Length - _length) Array.Resize(ref _bytes, int.Max(_bytes.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
        TimeNanoseconds = timeNanoseconds;
        return true;
    }

    /// <summary>Discards the latest bytes.</summary>
    public void Drop(int count) => _length -= count;

    public bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        bool isThere = _length - Read >= count;
        bytes = isThere ? _bytes.AsSpan(Read, count) : default;
        if (isThere) Read += count;
        return isThere;
    }

    /// <summary>Parses a text that ends with a zero byte.</summary>
    public bool TryTakeText()
    {
        int end = Bytes[Read..].IndexOf((byte)0);
        return end >= 0 && TryTake(end + 1, out _);
    }
}
