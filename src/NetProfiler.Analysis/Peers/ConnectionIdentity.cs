using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>The owner and addresses of a connection, and the kernel's reports about it: all that is needed apart from its bytes.</summary>
public abstract class ConnectionIdentity
{
    private string? _localText;
    private string? _remoteText;

    private protected ConnectionIdentity()
    {
    }

    public ulong Id { get; private set; }
    public ulong Socket { get; private set; }
    public ProcessIdentity Process { get; internal set; } = null!;
    public EndpointAddress Local { get; private set; }
    public EndpointAddress Remote { get; private set; }
    public string? UnixPath { get; private set; }

    /// <summary>Inode of the network namespace, as in /proc/PID/ns/net; 0 if unknown.</summary>
    public uint NetworkNamespace { get; private set; }

    /// <summary>The addresses with which its packets arrive at the other end (NAT). Null if they are not translated.</summary>
    public Translation? Translated { get; internal set; }

    /// <summary>The client on whose behalf a proxy connects, according to the PROXY protocol. Null if there was none.</summary>
    public EndpointAddress? ProxiedClient { get; internal set; }

    /// <summary>The TLS session whose plaintext this is. Null for bytes as they were on the wire.</summary>
    public TlsSession? Tls { get; private set; }

    /// <summary>Server if accepted, client if connected; unknown if the connection is older than the capture.</summary>
    public EndpointRole OpenedAs { get; private set; }

    /// <summary>Whether the connection was observed from its start.</summary>
    public bool IsFromStart { get; private set; }

    /// <summary>The HTTP role of the profiled process; unknown until a message was recognized.</summary>
    public abstract EndpointRole Role { get; }

    /// <summary>Role of this end: by its messages if known, otherwise by which side connected.</summary>
    public EndpointRole Side => Role == EndpointRole.Unknown ? OpenedAs : Role;

    /// <summary>The smoothed round-trip time as of the kernel's latest report.</summary>
    public uint RoundTripMicroseconds { get; internal set; }

    /// <summary>Number of segments retransmitted as of the kernel's latest report.</summary>
    public uint Retransmissions { get; internal set; }

    /// <summary>Such as "10.0.0.1:80", "[::1]:80", "unix:/run/app.sock". Created once per connection.</summary>
    public string LocalText => _localText ??= Text(Local);

    public string RemoteText => _remoteText ??= Text(Remote);

    /// <summary>The latest TCP state. The default value until the first is reported.</summary>
    internal SocketTally Tally { get; set; }

    /// <summary>Local and remote peer. Null until resolved.</summary>
    internal PeerPair? Peers { get; set; }

    /// <summary>The server named in the latest Host field. Null until a request names one.</summary>
    internal ServerAddress? NamedServer { get; set; }

    /// <summary>The server by the address that was connected to. Null until needed.</summary>
    internal ServerAddress? ConnectedServer { get; set; }

    private protected void Identify(in SocketOpen open, ProcessIdentity process)
    {
        Id = open.Connection;
        Socket = open.Socket;
        Process = process;
        Local = open.Local;
        Remote = open.Remote;
        NetworkNamespace = open.NetworkNamespace;
        OpenedAs = open.Role;
        IsFromStart = open.FromStart;
        UnixPath = open.UnixPath.IsEmpty ? null : System.Text.Encoding.UTF8.GetString(open.UnixPath);
    }

    /// <summary>Identifies a TLS session: it has its own identity and start, and everything else from its carrier.</summary>
    private protected void Identify(in SocketStream stream, ConnectionIdentity carrier)
    {
        Id = stream.Connection;
        Socket = carrier.Socket;
        Process = carrier.Process;
        Local = carrier.Local;
        Remote = carrier.Remote;
        NetworkNamespace = carrier.NetworkNamespace;
        OpenedAs = carrier.OpenedAs;
        IsFromStart = stream.FromStart;
        UnixPath = carrier.UnixPath;
        Translated = carrier.Translated;
        ProxiedClient = carrier.ProxiedClient;
        Tls = stream.Tls;
    }

    private protected void Forget()
    {
        Tls = null;
        _localText = _remoteText = null;
        RoundTripMicroseconds = Retransmissions = 0;
        Tally = default;
        Peers = null;
        Translated = null;
        ProxiedClient = null;
        NamedServer = ConnectedServer = null;
    }

    private string Text(EndpointAddress address) =>
        address.Kind == EndpointKind.Unix ? UnixPath is null ? "unix" : "unix:" + UnixPath : address.ToString();
}
