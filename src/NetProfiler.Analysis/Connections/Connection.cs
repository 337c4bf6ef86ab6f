using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Connections;

/// <summary>One connection of a profiled process, with its readers.</summary>
/// <remarks>
/// A byte goes from its event to the <see cref="ByteStream"/> of its direction, through a <see cref="MessageReader"/>, to the
/// <see cref="ExchangeAssembler"/>, which passes exchanges to <see cref="IExchangeSink"/>. <see cref="ProtocolDetector"/> determines which
/// direction carries requests, <see cref="Resynchronizer"/> what can be paired after bytes were missed.
/// </remarks>
public sealed class Connection : ConnectionIdentity
{
    private readonly ConnectionServices _services;
    private readonly EventOrder _order;
    private readonly GapHandler _gaps;
    private bool _hasPeerEnded;
    private QuietDirections? _quiet; // null once the outstanding responses are determined

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

    /// <summary>When the last process that used the connection exited. CLOCK_MONOTONIC; 0 if it is still running.</summary>
    internal long ProcessEndedNanoseconds { get; set; }

    /// <summary>Whether something on the connection is incomplete, so that more bytes are needed.</summary>
    internal bool IsWaiting => _order.Count > 0
        || (IsHttp && (Assembler.Queue.Count > 0 || Ingress.Reader.HasHeld || Egress.Reader.HasHeld));

    /// <summary>The connection that carries this TLS session. Null unless this is a TLS session.</summary>
    internal Connection? Carrier { get; private set; }

    /// <summary>The TLS session that the connection carries. Null if the session is absent or has ended.</summary>
    internal Connection? Stream { get; set; }

    /// <summary>Whether a TLS session is, or was, bound to the connection.</summary>
    internal bool IsCarrier { get; private set; }

    /// <summary>Whether the TLS session has ended: no more plaintext follows.</summary>
    internal bool IsEnded { get; private set; }

    /// <summary>CLOCK_MONOTONIC; 0 if unknown.</summary>
    internal long OpenedNanoseconds { get; private set; }

    /// <summary>Whether the connection, or the TLS session on it, needs more bytes.</summary>
    internal bool AwaitsMore => IsWaiting || Stream is { IsWaiting: true, IsEnded: false };

    /// <summary>Memory taken by incomplete work: events, heads, requests.</summary>
    internal long HeldMemory => _order.Memory + Ingress.Reader.HeldMemory + Egress.Reader.HeldMemory + Assembler.Queue.Memory;

    internal ByteStream Ingress { get; }
    internal ByteStream Egress { get; }

    /// <summary>The direction that carries requests, as far as it has been detected.</summary>
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

    /// <summary>Ends the TLS session. The cause is reported when the carrying connection closes.</summary>
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

    /// <summary>Processes an event in its order.</summary>
    /// <param name="neededOpposite">Position that the opposite stream had reached at the event; bytes before it that were not reported were
    /// missed. Null if none were.</param>
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

    /// <summary>No more events will follow. Exchanges without a complete response are submitted as unfinished, and counted.</summary>
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
    /// Discards what this connection holds, and resynchronizes. Called when all connections together hold too much, for the one that holds
    /// most.
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

    /// <summary>Searches for the next message in a direction whose message boundaries are no longer known.</summary>
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
