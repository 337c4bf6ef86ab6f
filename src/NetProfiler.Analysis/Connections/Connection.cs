using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Connections;

/// <summary>One connection of a profiled process, and what reads it.</summary>
/// <remarks>
/// A byte goes from its event to the <see cref="ByteStream"/> of its direction, through a <see cref="MessageReader"/>, to the
/// <see cref="ExchangeAssembler"/>, which hands exchanges to <see cref="IExchangeSink"/>. The others advise: <see cref="ProtocolDetector"/>
/// which direction carries requests, <see cref="Resynchronizer"/> what may be paired where bytes were missed.
/// </remarks>
public sealed class Connection : ConnectionIdentity
{
    private readonly ConnectionServices _services;
    private readonly EventOrder _order;
    private readonly GapHandler _gaps;
    private bool _hasPeerEnded;
    private QuietDirections? _quiet; // null: it is known already what is owed

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

    public override EndpointRole Role => Detector.Role;

    public bool IsHttp => Detector.IsHttp;

    public long LatestNanoseconds => long.Max(Ingress.LatestNanoseconds, Egress.LatestNanoseconds);

    /// <summary>When the process that used it last ended. CLOCK_MONOTONIC; 0: it did not.</summary>
    internal long ProcessEndedNanoseconds { get; set; }

    /// <summary>Something on it is not complete: more bytes would matter.</summary>
    internal bool IsWaiting => _order.Count > 0
        || (IsHttp && (Assembler.Queue.Count > 0 || Ingress.Reader.HasHeld || Egress.Reader.HasHeld));

    /// <summary>Of a TLS session: the connection that carries it. Null for a connection.</summary>
    internal Connection? Carrier { get; private set; }

    /// <summary>The TLS session that the connection carries. Null if it carries none, or none any more.</summary>
    internal Connection? Stream { get; set; }

    /// <summary>A TLS session is, or was, bound to it.</summary>
    internal bool IsCarrier { get; private set; }

    /// <summary>Of a TLS session: no more plaintext follows.</summary>
    internal bool IsEnded { get; private set; }

    /// <summary>CLOCK_MONOTONIC; 0: not known.</summary>
    internal long OpenedNanoseconds { get; private set; }

    /// <summary>More bytes, of the connection or of the TLS session on it, would matter.</summary>
    internal bool AwaitsMore => IsWaiting || Stream is { IsWaiting: true, IsEnded: false };

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
        Identify(open, process);
        OpenedNanoseconds = open.TimeNanoseconds;
        _quiet = open.FromStart ? null : open.Quiet;
    }

    /// <summary>Opens the plaintext of a TLS session.</summary>
    internal void Open(in SocketStream stream, Connection carrier)
    {
        Identify(stream, carrier);
        Carrier = carrier;
        _quiet = null;
        carrier.CarryStream(this);
        if (!stream.FromStart) Resynchronizer.Seek();
    }

    internal void Reset()
    {
        Carrier = Stream = null;
        IsEnded = IsCarrier = false;
        OpenedNanoseconds = 0;
        _order.Reset();
        Ingress.Reset();
        Egress.Reset();
        Detector.Reset();
        Assembler.Reset();
        Resynchronizer.Reset();
        Content.Reset();
        Skipping.Reset();
        _hasPeerEnded = false;
        ProcessEndedNanoseconds = 0;
        Forget();
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

    /// <summary>The TLS session ends; how is known when its carrier does.</summary>
    internal void End(in SocketStreamEnd end)
    {
        IsEnded = true;
        TellWaiting();
        Ingress.KnownPosition = end.IngressPosition;
        Egress.KnownPosition = end.EgressPosition;
        if (end.IsLost && IsHttp) Resynchronizer.LoseTrack(UnpairedReason.Gap, isNothingOwed: false);
    }

    private void CarryStream(Connection stream)
    {
        if (!IsCarrier) Detector.CarryTls();
        IsCarrier = true;
        Stream = stream;
    }

    private void Begin(QuietDirections quiet, Direction first)
    {
        _quiet = null;
        if (!quiet.HasFlag(first == Direction.Ingress ? QuietDirections.Ingress : QuietDirections.Egress)) Resynchronizer.Seek();
    }

    /// <summary>An event in its turn.</summary>
    /// <param name="neededOpposite">How far the opposite stream was when it happened; what is not known of that was missed. Null: all is
    /// known.</param>
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
        if (direction == Direction.Ingress) _hasPeerEnded = true;
        var stream = StreamOf(direction);
        if (stream.KnownPosition is not null) TellWaiting();
        _gaps.PassLost(stream);
        Assembler.OnStreamEnd(stream);
    }

    /// <summary>No more events will come. What has no whole response is handed over as such, and counted.</summary>
    internal void Close(in ConnectionClosing closing)
    {
        TellWaiting();
        _gaps.PassLost(Requests);
        _gaps.PassLost(Responses);
        Detector.OnClose();
        if (IsHttp)
        {
            if (!closing.IsShutdown && !closing.IsCut) Assembler.OnStreamEnd(Responses);
            var endedBy = closing.EndedBy(Role, _hasPeerEnded, ProcessEndedNanoseconds > LatestNanoseconds);
            Assembler.EndLeftovers(closing.IsShutdown, endedBy, long.Max(closing.TimeNanoseconds, LatestNanoseconds));
        }

        Ingress.Reader.DropHeld();
        Egress.Reader.DropHeld();
        long moved = Tally.ReadBytes + Tally.WriteBytes - (long)(Ingress.Position + Egress.Position);
        if (Detector.Protocol == Protocol.Ignored && !IsCarrier && Carrier is null)
            _services.Statistics.LeftAloneBytes += long.Max(0, moved);
    }

    /// <summary>
    /// All connections together hold too much, and this one most: what it holds is let go, and a new beginning is sought.
    /// </summary>
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
}
