using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>The processes that own the sockets of this machine that are not captured. Ring-buffer thread only.</summary>
/// <remarks>
/// The same loopback address exists in every network namespace; any other address is assumed to be unique on the machine. The end of a
/// socket is not reported: a new owner of an address replaces the previous one.
/// </remarks>
internal sealed class SocketOwners
{
    /// <summary>Maximum number of connection ends; the oldest is removed when there are more.</summary>
    public const int MaxConnected = 65536;

    /// <summary>Listening sockets, and addresses, remembered; further ones are not.</summary>
    public const int MaxListening = ListeningSockets.MaxSockets;

    // By both addresses the end of a server: the others have its own, too.
    private readonly Dictionary<(uint Namespace, EndpointAddress Local, EndpointAddress? Remote), Owner> _connected = [];
    private readonly Queue<(uint Namespace, EndpointAddress Local, EndpointAddress? Remote)> _oldest = [];
    private readonly ListeningSockets _listening = new();
    private readonly Dictionary<EndpointAddress, HashSet<uint>> _hosts = [];

    /// <summary>The container is resolved only when needed, because every connection of the machine is reported.</summary>
    public readonly record struct Owner(ProcessIdentity Process, ulong Cgroup);

    /// <summary>Number of listening sockets and addresses that were not recorded.</summary>
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

    /// <summary>The process at the other end: the owner of the socket with that address, or of the listening socket.</summary>
    public Owner? RemoteOf(ConnectionIdentity connection)
    {
        var remote = connection.Remote;
        if (remote.Kind == EndpointKind.Unix) return null;
        uint own = connection.NetworkNamespace;
        uint remotes = NamespaceOf(remote, own);
        if (_connected.TryGetValue((remotes, remote, connection.Local), out var connected)
            || _connected.TryGetValue((remotes, remote, null), out connected))
            return connected;

        // The address after translation.
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
