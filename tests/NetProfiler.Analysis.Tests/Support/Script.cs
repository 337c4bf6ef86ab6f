using System.Text;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>One connection of a profiled process, told call by call: what it receives and sends, and what of that is not seen.</summary>
internal sealed class Script : IDisposable
{
    public const long CallNanoseconds = 1_000;
    public const long ThinkNanoseconds = 10_000;
    public const long QuietNanoseconds = 200_000_000;

    private static ulong _latest;

    private readonly uint[] _positions = new uint[2];
    private readonly bool _isOwner;
    private bool _isNextLost;
    private bool _isNextTold = true;
    private int _nextCaptures = int.MaxValue;
    private Transfer? _withheld;
    private (long? Nanoseconds, uint Bytes) _nextReady;
    private uint _retransmissions;
    private uint _notAcknowledged;

    private Script(Capture? capture, bool isFromStart, int process, string name, EndpointAddress local, EndpointAddress remote)
    {
        _isOwner = capture is null;
        Capture = capture ?? new Capture();
        Connection = ++_latest;
        Local = local;
        Remote = remote;
        Capture.Open(Connection, process, name, local, remote, isFromStart,
            !isFromStart ? EndpointRole.Unknown : local.Port == 40_000 ? EndpointRole.Client : EndpointRole.Server);
    }

    public Capture Capture { get; }

    public ulong Connection { get; }

    public EndpointAddress Local { get; }

    public EndpointAddress Remote { get; }

    /// <summary>Whether each read says since when its bytes lay ready, as the kernel side does.</summary>
    public bool KnowsArrivals { get; set; }

    /// <summary>Whether each event says where the opposite stream stood.</summary>
    public bool HasPositions { get; init; } = true;

    public Transfer? Latest { get; private set; }

    public static Script Server(Capture? capture = null, int process = 1, string name = "server") =>
        new(capture, isFromStart: true, process, name, Address(1, 80), Address(2, 40_000));

    public static Script Client(Capture? capture = null, int process = 2, string name = "client") =>
        new(capture, isFromStart: true, process, name, Address(2, 40_000), Address(1, 80));

    public static Script Unix(Capture? capture = null, int process = 1) =>
        new(capture, isFromStart: true, process, "server", EndpointAddress.Unix, EndpointAddress.Unix);

    /// <summary>A connection that was there before the run.</summary>
    public static Script Older(Capture? capture = null) =>
        new(capture, isFromStart: false, 1, "server", Address(1, 80), Address(2, 40_000));

    /// <summary>From a source that does not tell where the opposite stream stood.</summary>
    public static Script WithoutPositions() =>
        new(null, isFromStart: true, 1, "server", Address(1, 80), Address(2, 40_000)) { HasPositions = false };

    public static EndpointAddress Address(byte host, ushort port) => EndpointAddress.IPv4([10, 0, 0, host], port);

    public Script Receives(string text, SocketCall call = SocketCall.Read) => Moves(Direction.Ingress, Bytes(text), call);

    public Script Sends(string text, SocketCall call = SocketCall.Write) => Moves(Direction.Egress, Bytes(text), call);

    /// <summary>The same, one byte a call.</summary>
    public Script ReceivesByByte(string text) => Each(text, one => Receives(one));

    public Script SendsByByte(string text) => Each(text, one => Sends(one));

    /// <summary>Bytes that never pass through user memory.</summary>
    public Script SendsFile(uint length)
    {
        var transfer = Call(Direction.Egress, [], SocketCall.SendFile) with { Length = length, Uncaptured = Uncaptured.LengthOnly };
        return Tell(transfer);
    }

    /// <summary>The next call's event never arrives.</summary>
    public Script Loses()
    {
        _isNextLost = true;
        return this;
    }

    /// <summary>Of the next call only the first bytes are copied.</summary>
    public Script CapturesOnly(int bytes)
    {
        _nextCaptures = bytes;
        return this;
    }

    /// <summary>What the next call moves lay ready for so long when it returned.</summary>
    public Script ReadyFor(long nanoseconds, uint bytes = uint.MaxValue)
    {
        _nextReady = (nanoseconds, bytes);
        return this;
    }

    /// <summary>Segments so far.</summary>
    public Script HasRetransmitted(uint segments)
    {
        _retransmissions = segments;
        return this;
    }

    /// <summary>When the next call returns the peer has acknowledged all but the last so many bytes.</summary>
    public Script Acknowledges(int before)
    {
        _notAcknowledged = (uint)before;
        return this;
    }

    /// <summary>The next call's event arrives after the one that follows it: another thread was faster.</summary>
    public Script IsOvertaken()
    {
        _isNextTold = false;
        return this;
    }

    /// <summary>The latest event arrives once more.</summary>
    public Script Again() => Deliver(Latest!);

    /// <summary>An event as it stands, wherever its position is.</summary>
    public Script Deliver(Transfer transfer)
    {
        ref uint position = ref _positions[(int)transfer.Direction];
        uint end = transfer.Position + transfer.Length;
        if ((int)(end - position) > 0) position = end;
        transfer.Deliver(Capture.Pipeline);
        return this;
    }

    public Script Waits(long nanoseconds)
    {
        Capture.Time.Advance(nanoseconds);
        return this;
    }

    /// <summary>Nothing moves, for longer than an answer can take.</summary>
    public Script Pauses()
    {
        KnowsArrivals = true;
        return Waits(QuietNanoseconds);
    }

    /// <summary>Two exchanges, each after a silence: enough to see, after whatever was lost, which answer is whose.</summary>
    public Script Recovers() => Pauses().Receives(Http.Get("/y")).Sends(Http.Response(231)).Pauses().Receives(Http.Get("/z"))
        .Sends(Http.Response(232));

    public Script Ends(Direction direction)
    {
        Capture.Pipeline.OnEnd(Connection, direction, Capture.Time.Nanoseconds);
        return this;
    }

    /// <summary>The kernel side lost something, and tells where the stream stands.</summary>
    public Script TellsPosition(Direction direction) =>
        Deliver(new Transfer(Connection, direction, SocketCall.None, _positions[(int)direction], [], 0, Capture.Time.Nanoseconds));

    public Script Closes(ConnectionEnd end = ConnectionEnd.None)
    {
        IsReset(end);
        Capture.Pipeline.Advance(long.MaxValue);
        return this;
    }

    /// <summary>The connection ends, and it may be that a call on it is still under way.</summary>
    public Script IsReset(ConnectionEnd end = ConnectionEnd.None)
    {
        Capture.Pipeline.OnClose(new SocketClose(Connection, Capture.Time.Nanoseconds, IsHeld: false, end));
        return this;
    }

    public Script IsUsedBy(int process, string name)
    {
        Capture.Open(Connection, process, name, Local, Remote, isFromStart: true);
        return this;
    }

    /// <summary>The exchanges must be these, "GET / 200", and nothing must be left over or lost.</summary>
    public Script Shows(params string[] exchanges)
    {
        Assert.Equal(exchanges, Capture.Lines);
        return this;
    }

    /// <summary>What became no exchange, and why: "NoResponse 1".</summary>
    public Script Counts(params string[] unpaired)
    {
        Assert.Equal(unpaired, Capture.Unpaired);
        return this;
    }

    public Script HasGaps(params string[] gaps)
    {
        Assert.Equal(gaps, Capture.Gaps);
        return this;
    }

    public void Dispose()
    {
        if (_isOwner) Capture.Dispose();
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private Script Each(string text, Action<string> tell)
    {
        foreach (char one in text) tell(one.ToString());
        return this;
    }

    private Script Moves(Direction direction, byte[] bytes, SocketCall call) => Tell(Call(direction, bytes, call));

    private Transfer Call(Direction direction, byte[] bytes, SocketCall call)
    {
        Capture.Time.Advance(ThinkNanoseconds);
        long started = Capture.Time.Nanoseconds;
        Capture.Time.Advance(CallNanoseconds);
        var (readyFor, readyLength) = _nextReady;
        _nextReady = (null, 0);
        uint opposite = _positions[1 - (int)direction], taken = opposite - _notAcknowledged;
        _notAcknowledged = 0;
        return new Transfer(Connection, direction, call, _positions[(int)direction], bytes, started, Capture.Time.Nanoseconds)
        {
            Opposite = HasPositions ? (taken, opposite) : null,
            ReadyFor = readyFor ?? (KnowsArrivals && direction == Direction.Ingress ? CallNanoseconds : null),
            ReadyLength = readyFor is null ? (uint)bytes.Length : readyLength,
            Retransmissions = _retransmissions,
        };
    }

    private Script Tell(Transfer transfer)
    {
        _positions[(int)transfer.Direction] += transfer.Length;
        bool isLost = _isNextLost, isTold = _isNextTold;
        (_isNextLost, _isNextTold) = (false, true);
        if (isLost || Capture.Kernel.Ignored.Contains(Connection)) return this;

        uint unwanted = Capture.Kernel.Unwanted(Connection, transfer.Direction, transfer.Position, transfer.Length);
        if (unwanted > 0)
            transfer = transfer with
            {
                Bytes = transfer.Bytes[int.Min((int)uint.Min(unwanted, int.MaxValue), transfer.Bytes.Length)..],
                Offset = unwanted,
                Uncaptured = transfer.Uncaptured | Uncaptured.Skipped,
            };
        if (_nextCaptures < transfer.Bytes.Length) transfer = transfer.CapturedOnly(_nextCaptures);
        _nextCaptures = int.MaxValue;

        Latest = transfer;
        if (!isTold)
        {
            _withheld = transfer;
            return this;
        }

        Deliver(transfer);
        if (_withheld is { } late) Deliver(late);
        _withheld = null;
        return this;
    }
}
