using System.Buffers;
using System.Globalization;
using System.Text;

namespace NetProfiler.Analysis.Peers;

/// <summary>
/// The server that a client's request is for: <c>server.address</c> and <c>server.port</c> of OpenTelemetry's HTTP conventions (1.44).
/// </summary>
/// <param name="host">The Host field that names the server, as it was sent. Null if the server is the address that was connected
/// to.</param>
/// <param name="port">0 for a Unix socket, or if several ports are folded into one.</param>
public sealed class ServerAddress(string address, int port, byte[]? host = null) : IEquatable<ServerAddress>
{
    private readonly int _hashCode = HashCode.Combine(address, port);

    /// <summary>The aggregate of servers beyond the budget of series.</summary>
    public static ServerAddress Other { get; } = new("other", 0);

    /// <summary>A name in lower case, an address, or the path of a Unix socket.</summary>
    public string Address => address;

    public int Port => port;

    /// <summary>Whether a Host field with this value names this server.</summary>
    internal bool IsOf(ReadOnlySpan<byte> field) => host is not null && field.SequenceEqual(host);

    public bool Equals(ServerAddress? other) =>
        ReferenceEquals(this, other) || (other is not null && _hashCode == other._hashCode && port == other.Port
            && address == other.Address);

    public override bool Equals(object? obj) => Equals(obj as ServerAddress);

    public override int GetHashCode() => _hashCode;

    public override string ToString() => port == 0 ? address : $"{address}:{port}";
}

/// <summary>Determines the server that a request is sent to. Ring-buffer thread only.</summary>
/// <remarks>Only a memory optimization: a server that was removed and is found again is another object, equal to the first.</remarks>
/// <param name="mayHoldSecret">Whether a Host field must be masked.</param>
public sealed class ServerAddresses(ServerAddresses.HostCheck mayHoldSecret)
{
    /// <summary>Maximum number of names; the table is cleared when it is full.</summary>
    public const int MaxNames = 1024;

    /// <summary>
    /// Maximum length in bytes of a name that becomes a label. For a longer name, the server is the address that was connected to.
    /// </summary>
    public const int MaxNameBytes = 128;

    private const int MaxFieldBytes = MaxNameBytes + 8; // brackets, colon, port
    private const int HttpPort = 80;

    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private readonly Dictionary<string, ServerAddress> _byField = new(StringComparer.Ordinal);

    public delegate bool HostCheck(ReadOnlySpan<byte> host);

    /// <param name="host">The request's Host field, or the authority of its target; empty if it has none.</param>
    public ServerAddress Of(ConnectionIdentity connection, ReadOnlySpan<byte> host)
    {
        if (connection.NamedServer is { } latest && latest.IsOf(host)) return latest;
        return Named(host) is { } named ? connection.NamedServer = named : connection.ConnectedServer ??= Connected(connection);
    }

    // A Unix socket's path is local to the machine; its text begins with "unix:".
    private static ServerAddress Connected(ConnectionIdentity connection) =>
        connection.Remote.Kind == Events.EndpointKind.Unix ? new(connection.UnixPath ?? "unix", 0)
            : new(connection.Remote.Host(), connection.Remote.Port);

    private ServerAddress? Named(ReadOnlySpan<byte> host)
    {
        if (host.IsEmpty || host.Length > MaxFieldBytes) return null;
        Span<char> field = stackalloc char[MaxFieldBytes];
        field = field[..Encoding.Latin1.GetChars(host, field)];
        var known = _byField.GetAlternateLookup<ReadOnlySpan<char>>();
        if (known.TryGetValue(field, out var found)) return found;
        if (!TryRead(field, out var name, out int port) || mayHoldSecret(host)) return null;
        if (_byField.Count == MaxNames) _byField.Clear();
        return _byField[new string(field)] = new ServerAddress(name.ToString().ToLowerInvariant(), port, host.ToArray());
    }

    // RFC 9110, section 7.2, restricted to names that resolve, out of those that RFC 3986, section 3.2.2, permits: letters, digits, "-",
    // "." and "_".
    private static bool TryRead(ReadOnlySpan<char> field, out ReadOnlySpan<char> name, out int port)
    {
        port = HttpPort;
        int end = field[0] == '[' ? field.IndexOf(']') + 1 : field.IndexOf(':');
        if (end < 0) end = field.Length;
        name = field[0] == '[' && end > 2 ? field[1..(end - 1)] : field[..end];
        var rest = field[end..];
        if (rest.Length > 1 && (rest[0] != ':' || rest.Length > 6 || !int.TryParse(rest[1..], NumberStyles.None, null, out port)
            || port is 0 or > 65535))
            return false;
        if (rest.Length == 1 && rest[0] != ':') return false;
        if (name.IsEmpty || name.Length > MaxNameBytes) return false;
        return !name.ContainsAnyExcept(field[0] == '[' ? AddressCharacters : NameCharacters);
    }
}
