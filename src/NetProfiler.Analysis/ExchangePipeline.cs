using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis;

/// <summary>Socket events in, exchanges out. Runs on the ring-buffer thread; nothing below it locks or waits.</summary>
/// <param name="holding">See <see cref="Hold"/>.</param>
/// <param name="directory">Null: nothing is known of processes and addresses.</param>
public sealed class ExchangePipeline(
    IExchangeSink sink, IKernelConnections kernel, CaptureStatistics statistics, HoldingPolicy? holding = null,
    IPartyDirectory? directory = null)
    : ISocketEventHandler
{
    /// <summary>A connection without traffic for this long may be one whose end was lost.</summary>
    private const long IdleNanoseconds = 60_000_000_000;

    /// <summary>
    /// How long a connection is kept after its end while something on it waits: a reset can end it while a call is under way,
    /// and what that call moved is told when it returns.
    /// </summary>
    private const long CloseLingerNanoseconds = 20_000_000;

    /// <summary>The same, while the program still holds the socket and may read what came before the end.</summary>
    private const long HeldLingerNanoseconds = 5_000_000_000;

    /// <summary>
    /// Memory for what waits on all connections together: heads that have not ended, requests without an answer, events that came early.
    /// Content of exchanges has a budget of its own, <see cref="MessageHolding.MaxHeldBytes"/>.
    /// </summary>
    private const long MaxHeldBytes = 64 * 1024 * 1024;

    private readonly IPartyDirectory _directory = directory ?? NoDirectory.Instance;
    private readonly ConnectionServices _services = new(sink, kernel, statistics, new MessageHolding(statistics) { Policy = holding },
        new HeldBuffers());
    private readonly ConnectionTable _connections = new();
    private readonly SocketOwners _owners = new();
    private readonly PeerPairs _pairs = new();
    private readonly Queue<(SocketClose Close, long UntilNanoseconds)> _closing = [];
    private readonly Queue<(SocketClose Close, long UntilNanoseconds)> _held = [];
    private readonly ProcessTable _processes = new();
    private readonly List<Connection> _leaving = [];

    public CaptureStatistics Statistics => _services.Statistics;

    public TlsUnreadCounts TlsUnread { get; } = new();

    /// <summary>Bytes of content held at this moment.</summary>
    public long HeldBytes => _services.Holding.HeldBytes;

    /// <summary>What is held of exchanges that begin from now on, for samples; null: nothing, which costs nothing.</summary>
    public void Hold(HoldingPolicy? policy) => _services.Holding.Policy = policy;

    /// <summary>Listening sockets and addresses of this machine that found no room in the table of their owners.</summary>
    public long OwnersNotKept => _owners.NotKept;

    internal Connection? Find(ulong connection) => _connections.Find(connection);

    /// <summary>Where what TCP connections did is summed up; null: nowhere.</summary>
    public TcpMetrics? Tcp { get; set; }

    /// <summary>Whether the labels of series name pods. Before the first connection.</summary>
    public bool NamesPods { set => _pairs.NamesPods = value; }

    /// <summary>Connections alive.</summary>
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
        else if (_connections.Add(open, process, _services) is null)
        {
            Statistics.ConnectionsRefused++;
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
        // A connection that speaks HTTP in clear text carries no session, whatever the calls look like.
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

    /// <summary>Everything up to this time was handed over: connections that ended a while before it are done with.</summary>
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

    /// <summary>Removes connections whose end was lost on the way. Asks the kernel side about each idle one: call it seldom.</summary>
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

    /// <summary>Profiling ends: counts what is still open as in flight, and forgets it.</summary>
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

    /// <summary>The process at the other end of a connection, when it is a profiled process of this machine too.</summary>
    public ProcessIdentity? PeerOf(ConnectionIdentity connection) => _connections.FindPeer(connection)?.Process;

    /// <summary>Who measures on this connection, and who is at its other end. Found once, and remembered with the connection.</summary>
    public PeerPair PeersOf(ConnectionIdentity connection)
    {
        if (connection.Peers is { } known && known.Role == connection.Side) return known;
        return connection.Peers = _pairs.Of(connection.Side, connection.Process, RemoteOf(connection));
    }

    // The process that was captured there, whom the directory knows, a process of this machine, or an address.
    private Party RemoteOf(ConnectionIdentity connection) =>
        PeerOf(connection) is { } peer ? Party.Of(peer.Name, peer.Container)
            : _directory.RemoteOf(connection)
              ?? (_owners.RemoteOf(connection) is { } owner
                  ? Party.Of(owner.Process.Name, _directory.ContainerOf(owner.Cgroup, owner.Process.Id)) : null)
              ?? new Party(PartyKind.External, null, connection.Remote.Host());

    /// <summary>
    /// Those connections that hold most let go of it, until a quarter of the memory is free: seldom, so that the search costs little.
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
        foreach (var connection in _leaving) Remove(connection, ConnectionClosing.Unseen); // carriers alone: none is gone yet
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
