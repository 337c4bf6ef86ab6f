using NetProfiler.Analysis.Connections;

namespace NetProfiler.Capture.Sockets;

/// <summary>Tells, with each connection that may be one of a client, under which addresses its packets arrive. Ring-buffer thread only.</summary>
public sealed class TranslationFinder(ISocketEventHandler next) : ISocketEventHandler, IDisposable
{
    private readonly AddressTranslations _translations = new();

    public void OnOpen(in SocketOpen open)
    {
        next.OnOpen(open);

        // Who accepted sees what translation made of the client's choice.
        if (open.Local.Kind == EndpointKind.Unix || open.Role == EndpointRole.Server || open.NetworkNamespace == 0) return;
        if (_translations.Find(open.NetworkNamespace, open.ProcessId, open.Local, open.Remote, MonotonicClock.Nanoseconds) is { } found)
            next.OnTranslated(open.Connection, found.Local, found.Remote);
    }

    public void OnData(in SocketData data) => next.OnData(data);

    public void OnEnd(ulong connection, Direction direction, long timeNanoseconds) => next.OnEnd(connection, direction, timeNanoseconds);

    public void OnClose(ulong connection, long timeNanoseconds, bool isHeld) => next.OnClose(connection, timeNanoseconds, isHeld);

    public void OnProcessExit(int processId, long timeNanoseconds) => next.OnProcessExit(processId, timeNanoseconds);

    public void OnOwner(in SocketOwner owner) => next.OnOwner(owner);

    public void OnHost(uint networkNamespace, EndpointAddress address) => next.OnHost(networkNamespace, address);

    public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote) => next.OnTranslated(connection, local, remote);

    public void Dispose() => _translations.Dispose();
}
