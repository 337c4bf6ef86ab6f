using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis;

/// <summary>Turns socket events into exchanges. Runs on the ring-buffer thread; nothing in it locks or waits.</summary>
/// <param name="holding">Initial value for <see cref="Hold"/>.</param>
/// <param name="directory">Resolves processes and addresses. Null if there is no directory.</param>
public sealed class ExchangePipeline(
    IExchangeSink sink, IKernelConnections kernel, CaptureStatistics statistics, HoldingPolicy? holding = null,
    IPartyDirectory? directory = null)
    : ISocketEventHandler
{
    /// <summary>
    /// Idle time after which the kernel is asked whether the connection still exists, because its end may have been lost.
    /// </summary>
    private const long IdleNanoseconds = 60_000_000_000;

    /// <summary>
    /// How long a connection with incomplete work is kept after its end: a reset can end it during a call, and the bytes that the call
    /// moved are reported when the call returns.
    /// </summary>
    private const long CloseLingerNanoseconds = 20_000_000;

    /// <summary>
    /// Same as <see cref="CloseLingerNanoseconds"/>, while the program still holds the socket and can read what arrived before the end.
    /// </summary>
    private const long HeldLingerNanoseconds = 5_000_000_000;

    /// <summary>
    /// Memory limit for incomplete work on all connections together: incomplete heads, unanswered requests, early events. Content of
    /// exchanges has a budget of its own, <see cref="MessageHolding.MaxHeldBytes"/>.
    /// </summary>
    private const long MaxHeldBytes = 64 * 1024 * 1024;

    private readonly IPartyDirectory _directory = directory ?? NoDirectory.Instance;
    private readonly ConnectionServices _services = new(sink, kernel, statistics, new MessageHolding(statistics) { Policy = holding },
        new HeldBuffers(MaxHeldBytes / 4));
    private readonly ConnectionTable _connections = new();
    private readonly SocketOwners _owners = new();
    private readonly PeerPairs _pairs = new();
    private readonly Queue<(SocketClose Close, long UntilNanoseconds)> _closing = [];
    private readonly Queue<(SocketClose Close, long UntilNanoseconds)> _held = [];
    private readonly ProcessTable _processes = new();
    private readonly List<Connection> _leaving = [];

    public CaptureStatistics Statistics => _services.Statistics;

    public TlsUnreadCounts TlsUnread { get; } = new();

    /// <summary>Number of bytes of content currently held.</summary>
    public long HeldBytes => _services.Holding.HeldBytes;

    /// <summary>Sets what is held for samples of exchanges that begin from now on. Null holds nothing, at no cost.</summary>
    public void Hold(HoldingPolicy? policy) => _services.Holding.Policy = policy;

    /// <summary>
    /// Number of listening sockets and addresses of this machine that were not recorded because the table of owners was full.
    /// </summary>
    public long OwnersNotKept => _owners.NotKept;

    internal Connection? Find(ulong connection) => _connections.Find(connection);

    /// <summary>Id of the profiler's process, whose connections to collectors are not profiled for their own sake; 0: not here.</summary>
    public int ProfilerProcess { get; set; }

    /// <summary>Where what TCP connections did is summed up; null: nowhere.</summary>
    public TcpMetrics? Tcp { get; set; }

    /// <summary>Whether the labels of series name pods. Before the first connection.</summary>
    public bool NamesPods { set => _pairs.NamesPods = value; }

    /// <summary>Number of open connections.</summary>
    public int Connections => _connections.Count;

    public void OnOpen(in SocketOpen open)
    {
        var process = _processes.Of(open.ProcessId, open.ProcessName, _directory.ContainerOf(open.Cgroup, open.ProcessId),
            isContainerKnown: true);
        if (_connections.Find(open.Connection) is { } known)
        {
            known.Process = process;
            known.Peers = null;
            if (known.Stream is not { } stream) return;
            stream.Process = process;
            stream.Peers = null;
        }
        else if (_connections.Add(open, process, _services) is not { } added)
        {
            Statistics.ConnectionsRefused++;
        }
        else if (added.Local.Kind == EndpointKind.Unix && _connections.FindPeer(added) is { } peer)
        {
            peer.Peers = null; // asked before this end was known
        }
    }

    public void OnData(in SocketData data)
    {
        if (_connections.Find(data.Connection) is { } connection)
        {
            connection.Append(data);
            if (_services.Buffers.HeldBytes > MaxHeldBytes) LetGoOfMost();
            return;
        }

        Statistics.MovedBytes += data.Length;
        Statistics.DiscardedBytes += data.Length;
    }

    public void OnEnd(ulong connection, Direction direction, long timeNanoseconds) => _connections.Find(connection)?.End(direction);

    public void OnClose(in SocketClose close)
    {
        if (_connections.Find(close.Connection) is not { } closed) return;
        if (!closed.AwaitsMore) Remove(closed, ConnectionClosing.Of(close));
        else if (close.IsHeld) _held.Enqueue((close, close.TimeNanoseconds + HeldLingerNanoseconds));
        else _closing.Enqueue((close, close.TimeNanoseconds + CloseLingerNanoseconds));
    }

    public void OnStream(in SocketStream stream)
    {
        // A connection that carries plaintext HTTP does not carry a TLS session, whatever the calls suggest.
        if (_connections.Find(stream.Carrier) is not { IsHttp: false } carrier)
        {
            Statistics.TlsSessionsRefused++;
            return;
        }

        if (carrier.Stream is { } earlier) Remove(earlier, ConnectionClosing.Unseen);
        if (_connections.Add(stream, carrier, _services) is null) Statistics.ConnectionsRefused++;
    }

    public void OnStreamEnd(in SocketStreamEnd end)
    {
        if (_connections.Find(end.Connection) is not { } stream) return;
        stream.End(end);
        if (end.IsLost) Remove(stream, ConnectionClosing.Unseen);
    }

    public void OnTally(in SocketTally tally)
    {
        if (_connections.Find(tally.Connection) is not { } connection) return;
        Tcp?.Record(connection, PeersOf(connection), connection.Tally, tally);
        connection.Tally = tally;
    }

    public void OnDrop(ulong connection, string reason, long timeNanoseconds)
    {
        if (Tcp is not null && _connections.Find(connection) is { } known) Tcp.RecordDrop(PeersOf(known), reason, timeNanoseconds);
    }

    /// <summary>All events up to this time have been processed: connections that ended long enough before are removed.</summary>
    public void Advance(long nowNanoseconds)
    {
        RemoveUntil(_closing, nowNanoseconds);
        RemoveUntil(_held, nowNanoseconds);
    }

    public void OnProcessExit(int processId, long timeNanoseconds)
    {
        _processes.Forget(processId);
        foreach (var connection in _connections.All)
        {
            if (connection.Process.Id != processId) continue;
            connection.ProcessEndedNanoseconds = timeNanoseconds;
            if (connection.Local.Kind != EndpointKind.Unix || connection.Carrier is not null) continue;
            _services.Kernel.Forget(connection.Id, connection.Socket);
            _leaving.Add(connection);
        }

        RemoveLeaving();
    }

    public void OnOwner(in SocketOwner owner) =>
        _owners.Add(owner, _processes.Of(owner.ProcessId, owner.ProcessName, container: null, isContainerKnown: false));

    public void OnHost(uint networkNamespace, EndpointAddress address) => _owners.AddHost(networkNamespace, address);

    public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote)
    {
        if (_connections.Find(connection) is not { } translated) return;
        _connections.Translate(translated, local, remote);
        translated.Peers = null;
        if (translated.Stream is not { } stream) return;
        stream.Translated = translated.Translated;
        stream.Peers = null;
    }

    /// <summary>Open TLS connections of processes whose TLS is read, and of which nothing was read so far. Walks all connections.</summary>
    public IEnumerable<(ConnectionIdentity Connection, TlsUnreadReason Reason)> FindUnreadTls() =>
        _connections.All.Where(IsUnreadTls).Select(connection => ((ConnectionIdentity)connection, WhyUnread(connection)));

    /// <summary>
    /// The TLS of these containers is not read any more: sessions under way end here, whatever they are in the middle of.
    /// </summary>
    public void EndTls(IReadOnlySet<ContainerIdentity> containers)
    {
        _leaving.AddRange(_connections.All.Where(connection => connection.Carrier is not null
            && connection.Process.Container is { } container && containers.Contains(container)));
        foreach (var session in _leaving) Remove(session, ConnectionClosing.Shutdown);
        _leaving.Clear();
    }

    /// <summary>Removes connections whose end was lost. Queries the kernel side about each idle connection, so call it rarely.</summary>
    public void Sweep(long nowNanoseconds)
    {
        foreach (var connection in _connections.All)
        {
            // A session ends with its carrier.
            if (connection.Carrier is null && nowNanoseconds - connection.LatestNanoseconds > IdleNanoseconds
                && !_services.Kernel.IsOpen(connection.Id, connection.Socket))
                _leaving.Add(connection);
        }

        Statistics.ConnectionsSwept += _leaving.Count;
        RemoveLeaving();
    }

    /// <summary>Ends profiling: counts what is still open as in flight, and removes it.</summary>
    public void Finish()
    {
        Advance(long.MaxValue);
        _leaving.AddRange(_connections.All);
        foreach (var connection in _leaving)
        {
            if (_connections.Find(connection.Id) == connection) Remove(connection, ConnectionClosing.Shutdown);
        }

        _leaving.Clear();
    }

    /// <summary>The process at the other end of a connection, if it is a profiled process on this machine too.</summary>
    public ProcessIdentity? PeerOf(ConnectionIdentity connection) => _connections.FindPeer(connection)?.Process;

    /// <summary>Local and remote peer of this connection. Resolved once, and stored with the connection.</summary>
    public PeerPair PeersOf(ConnectionIdentity connection)
    {
        if (connection.Peers is { } known && known.Role == connection.Side) return known;
        connection.IsToProfiler = ProfilerProcess != 0 && _owners.RemoteOf(connection) is { } owner && owner.Process.Id == ProfilerProcess;
        return connection.Peers = _pairs.Of(connection.Side, connection.Process, RemoteOf(connection));
    }

    // In this order: the captured process at that end, what the directory resolves, a process of this machine, the address.
    private Party RemoteOf(ConnectionIdentity connection) =>
        PeerOf(connection) is { } peer ? Party.Of(peer.Name, peer.Container)
            : _directory.RemoteOf(connection)
              ?? (_owners.RemoteOf(connection) is { } owner
                  ? Party.Of(owner.Process.Name, _directory.ContainerOf(owner.Cgroup, owner.Process.Id)) : null)
              ?? new Party(PartyKind.External, null,
                  connection.Remote.Kind == EndpointKind.Unix ? connection.RemoteText : connection.Remote.Host());

    /// <summary>
    /// Makes the connections that hold the most discard it, until a quarter of the memory is free. Rare, so the search costs little.
    /// </summary>
    private void LetGoOfMost()
    {
        long most = 0;
        foreach (var connection in _connections.All) most = long.Max(most, connection.HeldMemory);
        for (; most > 0 && _services.Buffers.HeldBytes > MaxHeldBytes / 4 * 3; most /= 2)
        {
            foreach (var connection in _connections.All)
            {
                if (_services.Buffers.HeldBytes <= MaxHeldBytes / 4 * 3) return;
                if (connection.HeldMemory >= most / 2) connection.LetGo();
            }
        }
    }

    private void RemoveUntil(Queue<(SocketClose Close, long UntilNanoseconds)> queue, long nowNanoseconds)
    {
        while (queue.TryPeek(out var oldest) && nowNanoseconds >= oldest.UntilNanoseconds)
        {
            queue.Dequeue();
            if (_connections.Find(oldest.Close.Connection) is { } closed) Remove(closed, ConnectionClosing.Of(oldest.Close));
        }
    }

    private void RemoveLeaving()
    {
        foreach (var connection in _leaving) Remove(connection, ConnectionClosing.Unseen); // carriers only: none has been removed yet
        _leaving.Clear();
    }

    private void Remove(Connection connection, in ConnectionClosing closing)
    {
        if (connection.Stream is { } stream) Remove(stream, closing);
        if (connection.Carrier is { } carrier && carrier.Stream == connection) carrier.Stream = null;
        connection.Close(closing);
        if (IsUnreadTls(connection)) CountUnread(connection);
        _connections.Remove(connection);
    }

    private bool IsUnreadTls(Connection connection) => connection.Detector.IsTls && !connection.IsCarrier
        && (connection.Detector.MayBeRead || _services.Kernel.ReadsTls(connection.Process.Id));

    private TlsUnreadReason WhyUnread(Connection connection) =>
        _services.Kernel.WhyTlsUnread(connection.Process.Id, connection.OpenedNanoseconds);

    private void CountUnread(Connection connection)
    {
        var reason = WhyUnread(connection);
        TlsUnread.Count(reason);
        _services.Sink.AcceptTlsUnread(connection, reason);
    }
}
