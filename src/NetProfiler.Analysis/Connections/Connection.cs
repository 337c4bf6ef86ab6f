using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Tcp;

namespace NetProfiler.Analysis.Connections;

/// <summary>One connection of a profiled process: whose it is, and what reads it.</summary>
/// <remarks>
/// A byte goes from its event to the <see cref="ByteStream"/> of its direction, through a <see cref="MessageReader"/>, to the
/// <see cref="ExchangeAssembler"/>, which hands exchanges to <see cref="IExchangeSink"/>. The others advise: <see cref="ProtocolDetector"/> which
/// direction carries requests, <see cref="Resynchronizer"/> what may be paired where bytes were missed.
/// </remarks>
public sealed class Connection
{
    private readonly ConnectionServices _services;
    private readonly EventOrder _order;
    private readonly GapHandler _gaps;
    private QuietDirections? _quiet; // null: it is known already what is owed
    private string? _localText;
    private string? _remoteText;

    internal Connection(ConnectionServices services)
    {
        _services = services;
        Assembler = new ExchangeAssembler(this, services);
        Ingress = new ByteStream(Direction.Ingress, new MessageReader(Assembler, services.Buffers, services.Statistics));
        Egress = new ByteStream(Direction.Egress, new MessageReader(Assembler, services.Buffers, services.Statistics));
        Detector = new ProtocolDetector(this, services);
        Resynchronizer = new Resynchronizer(this, services);
        Content = new ContentCapture(this);
        Skipping = new SkipAdvisor(this, services.Kernel);
        _order = new EventOrder(this, services.Buffers);
        _gaps = new GapHandler(this, services);
    }

    public ulong Id { get; private set; }
    public ulong Socket { get; private set; }
    public ProcessIdentity Process { get; internal set; } = null!;
    public EndpointAddress Local { get; private set; }
    public EndpointAddress Remote { get; private set; }
    public string? UnixPath { get; private set; }

    /// <summary>Inode of the network namespace, as in /proc/PID/ns/net; 0: not known.</summary>
    public uint NetworkNamespace { get; private set; }

    /// <summary>The addresses under which its packets arrive at the other end (NAT); null: its own.</summary>
    internal (EndpointAddress Local, EndpointAddress Remote)? Translated { get; set; }

    /// <summary>The client for which a proxy speaks here, as the PROXY protocol says; null: it said nothing.</summary>
    public EndpointAddress? ProxiedClient { get; internal set; }

    /// <summary>Accepted or connected; unknown when that was before our time.</summary>
    public EndpointRole OpenedAs { get; private set; }

    /// <summary>It was accepted or connected under our eyes.</summary>
    public bool IsFromStart { get; private set; }

    /// <summary>Who this end is: by its messages, else by who connected.</summary>
    public EndpointRole Side => Role == EndpointRole.Unknown ? OpenedAs : Role;

    /// <summary>Who the profiled process is in HTTP's terms; unknown until a message was recognised.</summary>
    public EndpointRole Role => Detector.Role;

    public bool IsHttp => Detector.IsHttp;

    /// <summary>Of the kernel's latest word: smoothed round-trip time and segments retransmitted.</summary>
    public uint RoundTripMicroseconds { get; private set; }

    public uint Retransmissions { get; private set; }

    /// <summary>"10.0.0.1:80", "[::1]:80", "unix:/run/app.sock". Made once a connection.</summary>
    public string LocalText => _localText ??= Text(Local);

    public string RemoteText => _remoteText ??= Text(Remote);

    public long LatestNanoseconds => long.Max(Ingress.LatestNanoseconds, Egress.LatestNanoseconds);

    /// <summary>The latest TCP state. The default value until the first is reported.</summary>
    internal SocketTally Tally { get; set; }

    /// <summary>Who measures on it and who is at its other end; null: not asked yet.</summary>
    internal PeerPair? Peers { get; set; }

    /// <summary>Something on it is not complete: more bytes would matter.</summary>
    internal bool IsWaiting => _order.Count > 0 || (IsHttp && (Assembler.Queue.Count > 0 || Ingress.Reader.HasHeld || Egress.Reader.HasHeld));

    /// <summary>Memory taken by what waits on it: events, heads, requests.</summary>
    internal long HeldMemory => _order.Memory + Ingress.Reader.HeldMemory + Egress.Reader.HeldMemory + Assembler.Queue.Memory;

    internal ByteStream Ingress { get; }
    internal ByteStream Egress { get; }

    /// <summary>The direction that carries requests, as far as that is known.</summary>
    internal ByteStream Requests => Detector.Requests;

    internal ByteStream Responses => Detector.Responses;

    internal ProtocolDetector Detector { get; }
    internal ExchangeAssembler Assembler { get; }
    internal Resynchronizer Resynchronizer { get; }
    internal ContentCapture Content { get; }
    internal SkipAdvisor Skipping { get; }

    internal ByteStream StreamOf(Direction direction) => direction == Direction.Ingress ? Ingress : Egress;

    internal ByteStream StreamOf(MessageReader reader) => Ingress.Reader == reader ? Ingress : Egress;

    internal void Open(in SocketOpen open, ProcessIdentity process)
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
        _quiet = open.FromStart ? null : open.Quiet;
    }

    internal void Reset()
    {
        _order.Reset();
        Ingress.Reset();
        Egress.Reset();
        Detector.Reset();
        Assembler.Reset();
        Resynchronizer.Reset();
        Content.Reset();
        Skipping.Reset();
        _localText = _remoteText = null;
        RoundTripMicroseconds = Retransmissions = 0;
        Tally = default;
        Peers = null;
        Translated = null;
        ProxiedClient = null;
    }

    internal void Append(in SocketData data)
    {
        if (data.Length == 0)
        {
            StreamOf(data.Direction).KnownPosition = data.Position;
            return;
        }

        if (_quiet is { } quiet) Begin(quiet, data.Direction);
        if (_order.Count == 0 && _order.IsReady(data)) Take(data, neededOpposite: null);
        else _order.Add(data);
    }

    private void Begin(QuietDirections quiet, Direction first)
    {
        _quiet = null;
        if (!quiet.HasFlag(first == Direction.Ingress ? QuietDirections.Ingress : QuietDirections.Egress)) Resynchronizer.Seek();
    }

    /// <summary>An event in its turn.</summary>
    /// <param name="neededOpposite">How far the opposite stream was when it happened; what is not known of that was missed. Null: all is known.</param>
    internal void Take(in SocketData data, uint? neededOpposite)
    {
        var stream = StreamOf(data.Direction);
        var opposite = StreamOf(data.Direction ^ Direction.Egress);
        if (neededOpposite is { } needed && opposite.Ahead(needed) is > 0 and var missed) _gaps.PassUnseen(opposite, missed);

        bool isNew = stream.TryPlace(data, out var piece);
        _services.Statistics.MovedBytes += data.Length;
        _services.Statistics.DuplicateBytes += piece.Known;
        if (piece.Unseen > 0) _gaps.PassUnseen(stream, piece.Unseen);
        if (!isNew) return;

        stream.NoteArrival(data, piece, opposite);
        stream.LatestNanoseconds = data.TimeNanoseconds;
        RoundTripMicroseconds = data.RoundTripMicroseconds;
        Retransmissions = data.Retransmissions;
        stream.Reader.ReadEnd = stream.Position;
        if (_services.Holding.Policy is not null) Content.LogCall(stream, data.Call, piece.Length);

        if (piece.Offset > 0) _gaps.Pass(stream, piece.Offset, data.Uncaptured);
        if (!piece.Bytes.IsEmpty) stream.Reader.Read(piece.Bytes, piece.IsCallStart);
        if (piece.Behind > 0) _gaps.Pass(stream, piece.Behind, data.Uncaptured);
        stream.Position += piece.Length;
        if (stream.Reader.State == ReaderState.Body && IsHttp) Skipping.Ask(stream);
    }

    internal void End(Direction direction)
    {
        var stream = StreamOf(direction);
        if (stream.KnownPosition is not null) TellWaiting();
        _gaps.PassLost(stream);
        Assembler.OnStreamEnd(stream);
    }

    /// <summary>No more events will come. What is left unpaired is counted: by its own reason, or as in flight.</summary>
    /// <param name="isCut">A reset, or a peer that did not answer: a body that the close would end is not whole (RFC 9112, section 8).</param>
    internal void Close(bool isShutdown, bool isCut)
    {
        TellWaiting();
        _gaps.PassLost(Requests);
        _gaps.PassLost(Responses);
        Detector.OnClose();
        if (IsHttp)
        {
            if (!isShutdown && !isCut) Assembler.OnStreamEnd(Responses);
            Assembler.CountLeftovers(isShutdown);
        }

        Ingress.Reader.DropHeld();
        Egress.Reader.DropHeld();
        long moved = Tally.ReadBytes + Tally.WriteBytes - (long)(Ingress.Position + Egress.Position);
        if (Detector.Protocol == Protocol.Ignored) _services.Statistics.LeftAloneBytes += long.Max(0, moved);
    }

    /// <summary>All connections together hold too much, and this one most: what it holds is let go, and a new beginning is sought.</summary>
    internal void LetGo()
    {
        TellWaiting();
        _services.Statistics.ConnectionsGivenUp++;
        if (!IsHttp)
        {
            Ingress.Reader.Seek();
            Egress.Reader.Seek();
        }

        Resynchronizer.LoseTrack(UnpairedReason.HeldTooMuch, isNothingOwed: false);
        if (Ingress.Reader.HasHeld) Ingress.Reader.Seek();
        if (Egress.Reader.HasHeld) Egress.Reader.Seek();
    }

    /// <summary>Where messages begin in a direction is not known any more.</summary>
    internal void Seek(ByteStream stream)
    {
        stream.Reader.Seek();
        Skipping.TakeBack(stream);
    }

    private void TellWaiting()
    {
        if (_order.Count > 0) _order.Tell(isAll: true);
    }

    private string Text(EndpointAddress address) =>
        address.Kind == EndpointKind.Unix ? UnixPath is null ? "unix" : "unix:" + UnixPath : address.ToString();
}
