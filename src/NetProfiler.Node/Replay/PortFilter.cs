using NetProfiler.Analysis.Events;

namespace NetProfiler.Node.Replay;

/// <summary>Passes on only events of connections with one of these ports at either end.</summary>
internal sealed class PortFilter(IReadOnlyCollection<int> ports, ISocketEventHandler inner) : ISocketEventHandler
{
    /// <summary>
    /// Same as the maximum number of open connections; the set is cleared when it is full, because the end of a connection may be lost.
    /// </summary>
    private const int MaxOthers = 65536;

    private readonly HashSet<ulong> _others = [];

    public void OnOpen(in SocketOpen open)
    {
        if (ports.Contains(open.Local.Port) || ports.Contains(open.Remote.Port))
        {
            inner.OnOpen(open);
            return;
        }

        if (_others.Count == MaxOthers) _others.Clear();
        _others.Add(open.Connection);
    }

    public void OnData(in SocketData data)
    {
        if (!_others.Contains(data.Connection)) inner.OnData(data);
    }

    public void OnEnd(ulong connection, Direction direction, long timeNanoseconds)
    {
        if (!_others.Contains(connection)) inner.OnEnd(connection, direction, timeNanoseconds);
    }

    public void OnClose(in SocketClose close)
    {
        if (!_others.Remove(close.Connection)) inner.OnClose(close);
    }

    public void OnTally(in SocketTally tally)
    {
        if (!_others.Contains(tally.Connection)) inner.OnTally(tally);
    }

    public void OnDrop(ulong connection, string reason, long timeNanoseconds)
    {
        if (!_others.Contains(connection)) inner.OnDrop(connection, reason, timeNanoseconds);
    }

    public void OnStream(in SocketStream stream)
    {
        if (!_others.Contains(stream.Carrier)) inner.OnStream(stream);
        else if (_others.Count < MaxOthers) _others.Add(stream.Connection);
    }

    public void OnStreamEnd(in SocketStreamEnd end)
    {
        if (!_others.Remove(end.Connection)) inner.OnStreamEnd(end);
    }

    public void OnProcessExit(int processId, long timeNanoseconds) => inner.OnProcessExit(processId, timeNanoseconds);

    public void OnOwner(in SocketOwner owner) => inner.OnOwner(owner);

    public void OnHost(uint networkNamespace, EndpointAddress address) => inner.OnHost(networkNamespace, address);

    public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote)
    {
        if (!_others.Contains(connection)) inner.OnTranslated(connection, local, remote);
    }
}
