using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>Whose the sockets of this machine are that are not captured themselves. Ring-buffer thread only.</summary>
/// <remarks>
/// A loopback address is another one in each network namespace; any other address is taken to be one machine-wide. The end of a connected
/// socket is not told: who takes its address takes its place.
/// </remarks>
internal sealed class SocketOwners
{
    /// <summary>Ends of connections remembered; the oldest is forgotten when there are more.</summary>
    public const int MaxConnected = 65536;

    /// <summary>Listening sockets, and addresses, remembered; further ones are not.</summary>
    public const int MaxListening = ListeningSockets.MaxSockets;

    // By both addresses the end of a server: the others have its own, too.
    private readonly Dictionary<(uint Namespace, EndpointAddress Local, EndpointAddress? Remote), Owner> _connected = [];
    private readonly Queue<(uint Namespace, EndpointAddress Local, EndpointAddress? Remote)> _oldest = [];
    private readonly ListeningSockets _listening = new();
    private readonly Dictionary<EndpointAddress, HashSet<uint>> _hosts = [];

    /// <summary>Where it runs is asked when somebody wants to know: every connection of the machine is told.</summary>
    public readonly record struct Owner(ProcessIdentity Process, ulong Cgroup);

    /// <summary>Listening sockets and addresses that found no room.</summary>
    public long NotKept { get; private set; }

    public void Add(in SocketOwner owner, ProcessIdentity process)
    {
        var kept = new Owner(process, owner.Cgroup);
        if (owner.Remote is not { } remote)
        {
            if (owner.HasEnded) _listening.Remove(owner);
            else if (!_listening.TryAdd(owner, kept)) NotKept++;
            return;
        }

        bool isServers = ListenerIn(owner.NetworkNamespace, owner.Local) is not null;
        var key = (NamespaceOf(owner.Local, owner.NetworkNamespace), owner.Local, isServers ? remote : (EndpointAddress?)null);
        if (!_connected.ContainsKey(key))
        {
            if (_oldest.Count == MaxConnected) _connected.Remove(_oldest.Dequeue());
            _oldest.Enqueue(key);
        }

        _connected[key] = kept;
    }

    public void AddHost(uint networkNamespace, EndpointAddress address)
    {
        if (!_hosts.TryGetValue(address with { Port = 0 }, out var namespaces))
        {
            if (_hosts.Count == MaxListening)
            {
                NotKept++;
                return;
            }

            namespaces = _hosts[address with { Port = 0 }] = [];
        }

        if (namespaces.Count < MaxListening) namespaces.Add(networkNamespace);
    }

    /// <summary>The process at the other end: whose socket has that address, or who listens there.</summary>
    public Owner? RemoteOf(ConnectionIdentity connection)
    {
        var remote = connection.Remote;
        if (remote.Kind == EndpointKind.Unix) return null;
        uint own = connection.NetworkNamespace;
        uint remotes = NamespaceOf(remote, own);
        if (_connected.TryGetValue((remotes, remote, connection.Local), out var connected)
            || _connected.TryGetValue((remotes, remote, null), out connected))
            return connected;

        // As seen from behind an address translation.
        var listener = connection.Translated?.Remote ?? remote;
        if (listener.IsLoopback || connection.Local with { Port = 0 } == listener with { Port = 0 }) return ListenerIn(own, listener);
        if (!_hosts.TryGetValue(listener with { Port = 0 }, out var namespaces)) return null;
        if (namespaces.Contains(own) && ListenerIn(own, listener) is { } near) return near;
        return namespaces.Select(one => ListenerIn(one, listener)).FirstOrDefault(found => found is not null);
    }

    private Owner? ListenerIn(uint networkNamespace, EndpointAddress address) =>
        _listening.Find(networkNamespace, address)
        ?? _listening.Find(networkNamespace, new EndpointAddress(EndpointKind.IPv4, 0, address.Port))
        ?? _listening.Find(networkNamespace, new EndpointAddress(EndpointKind.IPv6, 0, address.Port));

    private static uint NamespaceOf(EndpointAddress address, uint networkNamespace) => address.IsLoopback ? networkNamespace : 0;
}
