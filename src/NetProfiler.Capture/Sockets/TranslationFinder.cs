using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Sockets;

/// <summary>Reports the translated addresses of each connection that may be a client's. Ring-buffer thread only.</summary>
public sealed class TranslationFinder(ISocketEventHandler next) : ISocketEventHandler, IDisposable
{
    /// <summary>Maximum number of namespaces, and of addresses of this machine; further ones are not stored.</summary>
    private const int MaxHosts = 16384;

    private readonly AddressTranslations _translations = new();
    private readonly Dictionary<EndpointAddress, uint> _namespaces = [];
    private readonly Dictionary<uint, int> _processes = [];

    public void OnOpen(in SocketOpen open)
    {
        next.OnOpen(open);

        // The accepting side already sees the translated addresses.
        if (open.Local.Kind == EndpointKind.Unix || open.Role == EndpointRole.Server || open.NetworkNamespace == 0) return;
        Remember(open.NetworkNamespace, open.ProcessId);
        if (_translations.Find((open.NetworkNamespace, open.ProcessId), ThereOf(open.Remote), open.Local, open.Remote,
            MonotonicClock.Nanoseconds) is { } found)
            next.OnTranslated(open.Connection, found.Local, found.Remote);
    }

    public void OnData(in SocketData data) => next.OnData(data);

    public void OnEnd(ulong connection, Direction direction, long timeNanoseconds) => next.OnEnd(connection, direction, timeNanoseconds);

    public void OnClose(in SocketClose close) => next.OnClose(close);

    public void OnTally(in SocketTally tally) => next.OnTally(tally);

    public void OnDrop(ulong connection, string reason, long timeNanoseconds) => next.OnDrop(connection, reason, timeNanoseconds);

    public void OnProcessExit(int processId, long timeNanoseconds) => next.OnProcessExit(processId, timeNanoseconds);

    public void OnOwner(in SocketOwner owner)
    {
        Remember(owner.NetworkNamespace, owner.ProcessId);
        next.OnOwner(owner);
    }

    public void OnHost(uint networkNamespace, EndpointAddress address)
    {
        if (_namespaces.Count < MaxHosts && !address.IsLoopback) _namespaces[address with { Port = 0 }] = networkNamespace;
        next.OnHost(networkNamespace, address);
    }

    public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote) =>
        next.OnTranslated(connection, local, remote);

    public void OnStream(in SocketStream stream) => next.OnStream(stream);

    public void OnStreamEnd(in SocketStreamEnd end) => next.OnStreamEnd(end);

    public void Dispose() => _translations.Dispose();

    // The latest process is the most likely to be still running.
    private void Remember(uint networkNamespace, int processId)
    {
        if (_processes.Count < MaxHosts || _processes.ContainsKey(networkNamespace)) _processes[networkNamespace] = processId;
    }

    private (uint Namespace, int ProcessId)? ThereOf(EndpointAddress remote) =>
        _namespaces.TryGetValue(remote with { Port = 0 }, out uint there) && _processes.TryGetValue(there, out int process)
            ? (there, process) : null;
}
