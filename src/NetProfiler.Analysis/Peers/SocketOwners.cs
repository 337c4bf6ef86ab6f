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

    /// <summary>Maximum number of listening sockets, and of addresses; further ones are not recorded.</summary>
    public const int MaxListening = 16384;

    private readonly Dictionary<(uint Namespace, EndpointAddress Local), Owner> _connected = [];
    private readonly Queue<(uint Namespace, EndpointAddress Local)> _oldest = [];
    private readonly Dictionary<(uint Namespace, EndpointAddress Local), Owner> _listening = [];
    private readonly Dictionary<EndpointAddress, HashSet<uint>> _hosts = [];

    /// <summary>The container is resolved only when needed, because every connection of the machine is reported.</summary>
    public readonly record struct Owner(ProcessIdentity Process, ulong Cgroup);

    /// <summary>Number of listening sockets and addresses that were not recorded.</summary>
    public long NotKept { get; private set; }

    public void Add(in SocketOwner owner, ProcessIdentity process)
    {
        var kept = new Owner(process, owner.Cgroup);
        if (owner.Remote is null)
        {
            if (_listening.Count < MaxListening || _listening.ContainsKey((owner.NetworkNamespace, owner.Local)))
                _listening[(owner.NetworkNamespace, owner.Local)] = kept;
            else NotKept++;
            return;
        }

        var key = (NamespaceOf(owner.Local, owner.NetworkNamespace), owner.Local);
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
        if (_connected.TryGetValue((NamespaceOf(remote, own), remote), out var connected)) return connected;

        // The address after translation.
        var listener = connection.Translated?.Remote ?? remote;
        if (listener.IsLoopback || connection.Local with { Port = 0 } == listener with { Port = 0 }) return ListenerIn(own, listener);
        if (!_hosts.TryGetValue(listener with { Port = 0 }, out var namespaces)) return null;
        if (namespaces.Contains(own) && ListenerIn(own, listener) is { } near) return near;
        return namespaces.Select(one => ListenerIn(one, listener)).FirstOrDefault(found => found is not null);
    }

    private Owner? ListenerIn(uint networkNamespace, EndpointAddress address) =>
        _listening.TryGetValue((networkNamespace, address), out var found)
        || _listening.TryGetValue((networkNamespace, new EndpointAddress(EndpointKind.IPv4, 0, address.Port)), out found)
        || _listening.TryGetValue((networkNamespace, new EndpointAddress(EndpointKind.IPv6, 0, address.Port)), out found)
            ? found
            : null;

    private static uint NamespaceOf(EndpointAddress address, uint networkNamespace) => address.IsLoopback ? networkNamespace : 0;
}
