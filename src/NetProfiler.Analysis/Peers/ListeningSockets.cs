using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>Who listens where, until the socket is closed. Ring-buffer thread only.</summary>
/// <remarks>Several sockets may have one address (SO_REUSEPORT): the latest open one names it.</remarks>
internal sealed class ListeningSockets
{
    /// <summary>Sockets remembered; further ones are not.</summary>
    public const int MaxSockets = 16384;

    private readonly Dictionary<(uint Namespace, EndpointAddress Local), List<(uint Inode, SocketOwners.Owner Owner)>> _sockets = [];
    private int _count;

    /// <summary>False: there is no room.</summary>
    public bool TryAdd(in SocketOwner socket, SocketOwners.Owner owner)
    {
        var key = (socket.NetworkNamespace, socket.Local);
        uint inode = socket.Inode;
        if (_sockets.TryGetValue(key, out var known) && known.FindIndex(one => one.Inode == inode) is >= 0 and var at)
        {
            known[at] = (inode, owner); // inherited, or found again
            return true;
        }

        if (_count == MaxSockets) return false;
        if (known is null) _sockets[key] = known = [];
        known.Add((inode, owner));
        _count++;
        return true;
    }

    public void Remove(in SocketOwner socket)
    {
        var key = (socket.NetworkNamespace, socket.Local);
        uint inode = socket.Inode;
        if (!_sockets.TryGetValue(key, out var known)) return;
        _count -= known.RemoveAll(one => one.Inode == inode);
        if (known.Count == 0) _sockets.Remove(key);
    }

    public SocketOwners.Owner? Find(uint networkNamespace, EndpointAddress local) =>
        _sockets.TryGetValue((networkNamespace, local), out var known) ? known[^1].Owner : null;
}
