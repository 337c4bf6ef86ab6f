using System.Buffers;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>One connection of a profiled process: two message streams and the requests that wait for their answer.</summary>
/// <remarks>
/// Which direction carries requests is found in the bytes, not in who connected. While <c>_isUncertain</c> holds, after a gap
/// or on a connection that is older than we are, nothing is paired until one request is followed by one response.
/// </remarks>
public sealed class Connection
{
    /// <summary>A body with more than this still to come is worth telling the kernel side not to copy.</summary>
    private const int SkipThresholdBytes = 32 * 1024;

    /// <summary>Farthest that a skip reaches ahead: positions are compared modulo 2^32.</summary>
    private const int MaxSkipBytes = 1 << 30;

    /// <summary>Calls in each direction after which an older connection that never showed a head is taken for not HTTP.</summary>
    private const int MaxSeekingCalls = 64;

    /// <summary>A head is parsed again only when a line has ended, or while it is this short: early faults show early.</summary>
    private const int EagerHeadBytes = 64;

    private enum Protocol : byte
    {
        Undecided,
        Http1,
        Ignored,
    }

    private readonly MessageStream _ingress = new();
    private readonly MessageStream _egress = new();
    private readonly PendingExchanges _pending = new();
    private Protocol _protocol;
    private bool _isUncertain;
    private Direction _requests;
    private int _seekingCallsIngress;
    private int _seekingCallsEgress;

    // When the data that is being read came.
    private Arrival _arrival;

    public ulong Id { get; private set; }
    public ulong Socket { get; private set; }
    public ProcessIdentity Process { get; internal set; } = null!;
    public EndpointAddress Local { get; private set; }
    public EndpointAddress Remote { get; private set; }
    public string? UnixPath { get; private set; }

    /// <summary>Who the profiled process is in HTTP's terms; unknown until a message was recognised.</summary>
    public EndpointRole Role => _protocol != Protocol.Http1 ? EndpointRole.Unknown
        : _requests == Direction.Ingress ? EndpointRole.Server : EndpointRole.Client;

    public bool IsHttp => _protocol == Protocol.Http1;

    public long LatestNanoseconds => long.Max(_ingress.LatestNanoseconds, _egress.LatestNanoseconds);

    /// <summary>Of the kernel's latest word: smoothed round-trip time and segments retransmitted.</summary>
    public uint RoundTripMicroseconds { get; private set; }

    public uint Retransmissions { get; private set; }

    /// <summary>Place for what a sink knows of this connection (its labels); reset with it.</summary>
    public int PeerPair { get; set; } = -1;

    private string? _localText;
    private string? _remoteText;

    /// <summary>"10.0.0.1:80", "[::1]:80", "unix:/run/app.sock". Made once a connection.</summary>
    public string LocalText => _localText ??= Text(Local);

    public string RemoteText => _remoteText ??= Text(Remote);

    internal void Open(in SocketOpen open, ProcessIdentity process)
    {
        Id = open.Connection;
        Socket = open.Socket;
        Process = process;
        Local = open.Local;
        Remote = open.Remote;
        UnixPath = open.UnixPath.IsEmpty ? null : System.Text.Encoding.UTF8.GetString(open.UnixPath);
        _isUncertain = !open.FromStart;
        _ingress.State = _egress.State = open.FromStart ? StreamState.Head : StreamState.Seeking;
    }

    internal void Reset()
    {
        _ingress.Reset();
        _egress.Reset();
        _pending.Clear();
        _protocol = Protocol.Undecided;
        _seekingCallsIngress = _seekingCallsEgress = 0;
        _localText = _remoteText = null;
        RoundTripMicroseconds = Retransmissions = 0;
        PeerPair = -1;
    }

    internal void Append(in SocketData data, ExchangePipeline pipeline)
    {
        var statistics = pipeline.Statistics;
        var stream = StreamOf(data.Direction);
        var bytes = data.Bytes;
        uint offset = data.Offset;
        uint length = data.Length;
        long ahead = stream.Ahead(data.Position);

        statistics.MovedBytes += length;
        if (ahead > 0)
        {
            statistics.MovedBytes += ahead;
            Pass(stream, ahead, GapReason.Unseen, pipeline);
            stream.Position += (ulong)ahead;
        }
        else if (ahead < 0)
        {
            uint again = (uint)long.Min(-ahead, length);
            statistics.DuplicateBytes += again;
            length -= again;
            if (length == 0) return;
            if (again > offset) bytes = bytes[(int)uint.Min(again - offset, (uint)bytes.Length)..];
            offset = again > offset ? 0 : offset - again;
        }

        stream.LatestNanoseconds = data.TimeNanoseconds;
        RoundTripMicroseconds = data.RoundTripMicroseconds;
        Retransmissions = data.Retransmissions;
        _arrival = new Arrival(data.StartNanoseconds != 0 ? data.StartNanoseconds : data.TimeNanoseconds, data.TimeNanoseconds);

        long behind = length - offset - bytes.Length;
        if (offset > 0) Pass(stream, offset, ReasonOf(data.Uncaptured), pipeline);
        if (!bytes.IsEmpty) Feed(stream, bytes, pipeline, isCallStart: offset == 0);
        if (behind > 0) Pass(stream, behind, ReasonOf(data.Uncaptured), pipeline);
        stream.Position += length;
        if (stream.State == StreamState.Body && _protocol == Protocol.Http1) AskToSkip(stream, data.Direction, pipeline);
    }

    internal void End(Direction direction, ExchangePipeline pipeline)
    {
        var stream = StreamOf(direction);
        if (_protocol == Protocol.Http1 && direction != _requests && stream.State == StreamState.Body && stream.Body.KnownRemaining == long.MaxValue)
            EndMessage(stream, pipeline);
    }

    /// <summary>No more events will come. What is left unpaired is counted: by its own reason, or as in flight.</summary>
    internal void Close(ExchangePipeline pipeline, bool isShutdown = false)
    {
        var statistics = pipeline.Statistics;
        if (_protocol == Protocol.Http1)
        {
            if (!isShutdown) End(_requests ^ Direction.Egress, pipeline);
            CountLeftovers(statistics, isShutdown, pipeline);
        }

        statistics.DiscardedBytes += _ingress.Held.Length + _egress.Held.Length;
    }

    private void CountLeftovers(CaptureStatistics statistics, bool isShutdown, ExchangePipeline pipeline)
    {
        var requests = StreamOf(_requests);
        var responses = StreamOf(_requests ^ Direction.Egress);

        // An early response's request never came to its end: it is what came of it.
        if (_pending.Count > 0 && _pending.Oldest.ResponseDone)
        {
            _pending.Oldest.RequestBytes = requests.MessageBytes;
            _pending.Oldest.RequestBodyBytes = requests.Body.ContentBytes;
            Emit(pipeline);
        }

        if (_pending.Count > 0 && _pending.Oldest.ResponseBegun && !isShutdown)
        {
            statistics.CountUnpaired(UnpairedReason.ResponseIncomplete);
            _pending.RemoveOldest();
        }

        statistics.CountUnpaired(isShutdown ? UnpairedReason.InFlight : _isUncertain ? UnpairedReason.Gap : UnpairedReason.NoResponse, _pending.Count);
        _pending.Clear();

        if (responses.HasHeld) statistics.CountUnpaired(UnpairedReason.ResponseWithoutRequest);
        if (requests.Held.IndexOfAnyExcept("\r\n"u8) >= 0)
            statistics.CountUnpaired(isShutdown ? UnpairedReason.InFlight : UnpairedReason.RequestIncomplete);
    }

    private void Feed(MessageStream stream, ReadOnlySpan<byte> bytes, ExchangePipeline pipeline, bool isCallStart)
    {
        if (stream.HasHeld && stream.State == StreamState.Head)
        {
            Hold(stream, bytes, pipeline);
            bool mayBeWhole = stream.Held.Length <= EagerHeadBytes || bytes.Contains((byte)'\n');
            if (stream.HasHeld && mayBeWhole && !MustWait(stream)) FeedHeld(stream, pipeline);
            return;
        }

        Read(stream, bytes, pipeline, isCallStart);
    }

    /// <summary>Reads what was held, now that more is there to judge it by.</summary>
    private void FeedHeld(MessageStream stream, ExchangePipeline pipeline)
    {
        var arrival = _arrival;
        _arrival = stream.HeldSince;
        var held = stream.TakeHeld(out int length);
        Read(stream, held.AsSpan(0, length), pipeline, isCallStart: true);
        ArrayPool<byte>.Shared.Return(held);
        _arrival = arrival;
    }

    private void Read(MessageStream stream, ReadOnlySpan<byte> bytes, ExchangePipeline pipeline, bool isCallStart)
    {
        var statistics = pipeline.Statistics;
        while (!bytes.IsEmpty)
        {
            if (_protocol == Protocol.Ignored || stream.State == StreamState.Stopped ||
                (stream.State == StreamState.Seeking && !TrySynchronise(stream, bytes, pipeline, isCallStart)))
            {
                statistics.DiscardedBytes += bytes.Length;
                return;
            }

            isCallStart = false;
            if (stream.State == StreamState.Body)
            {
                var status = stream.Body.Read(bytes, out int consumed);
                stream.MessageBytes += consumed;
                statistics.ParsedBytes += consumed;
                bytes = bytes[consumed..];
                if (status == OperationStatus.Done) EndMessage(stream, pipeline);
                else if (status == OperationStatus.InvalidData) OnInvalid(stream, pipeline);
            }
            else
            {
                int consumed = ReadHead(stream, bytes, pipeline);
                if (consumed == 0) return;
                bytes = bytes[consumed..];
            }
        }
    }

    /// <summary>Reads one head, or holds the bytes, or finds that they are none. 0: nothing is left to read.</summary>
    private int ReadHead(MessageStream stream, ReadOnlySpan<byte> bytes, ExchangePipeline pipeline)
    {
        if (_protocol == Protocol.Undecided && !TryDecide(stream, bytes, pipeline)) return 0;
        if (MustWait(stream)) return Hold(stream, bytes, pipeline);

        OperationStatus status;
        int consumed;
        if (stream == StreamOf(_requests))
        {
            status = HeadReader.TryReadRequest(bytes, out var head, out _);
            consumed = head.Length;
            if (status == OperationStatus.Done) BeginRequest(stream, head, bytes[..head.Length], pipeline);
        }
        else
        {
            status = HeadReader.TryReadResponse(bytes, out var head, out _);
            consumed = head.Length;
            if (status == OperationStatus.Done) BeginResponse(stream, head, pipeline);
        }

        if (status == OperationStatus.NeedMoreData) return Hold(stream, bytes, pipeline);
        if (status == OperationStatus.Done)
        {
            pipeline.Statistics.ParsedBytes += consumed;
            return consumed;
        }

        pipeline.Statistics.DiscardedBytes += bytes.Length;
        OnInvalid(stream, pipeline);
        return 0;
    }

    private int Hold(MessageStream stream, ReadOnlySpan<byte> bytes, ExchangePipeline pipeline)
    {
        if (!stream.TryHold(bytes, _arrival))
        {
            pipeline.Statistics.DiscardedBytes += bytes.Length;
            OnHeldTooMuch(stream, pipeline);
        }

        return 0;
    }

    /// <summary>
    /// A response waits for its request: another thread may see the answer before the writing call returned. What follows
    /// a CONNECT waits for its answer, which says whether it is HTTP at all.
    /// </summary>
    private bool MustWait(MessageStream stream)
    {
        if (_protocol != Protocol.Http1) return false;
        if (stream == StreamOf(_requests)) return _pending.Count > 0 && _pending.Newest.Request.Method == RequestMethod.Connect;
        return _pending.Count == 0 || _pending.Oldest.ResponseDone;
    }

    /// <summary>Finds in the first bytes which direction carries requests, if this is HTTP/1.x.</summary>
    private bool TryDecide(MessageStream stream, ReadOnlySpan<byte> bytes, ExchangePipeline pipeline)
    {
        var request = HeadReader.LooksLikeRequest(bytes);
        var response = HeadReader.LooksLikeResponse(bytes);
        var direction = stream == _ingress ? Direction.Ingress : Direction.Egress;

        if (request == OperationStatus.Done) return Decide(direction, pipeline);
        if (response == OperationStatus.Done) return Decide(direction ^ Direction.Egress, pipeline);
        if (request == OperationStatus.NeedMoreData || response == OperationStatus.NeedMoreData)
        {
            Hold(stream, bytes, pipeline);
            return false;
        }

        pipeline.Statistics.DiscardedBytes += bytes.Length;
        pipeline.Statistics.ConnectionsNotHttp++;
        Ignore(pipeline);
        return false;
    }

    private bool Decide(Direction requests, ExchangePipeline pipeline)
    {
        _protocol = Protocol.Http1;
        _requests = requests;
        pipeline.Statistics.ConnectionsHttp++;
        if (_isUncertain) pipeline.Statistics.ConnectionsOlder++;
        return true;
    }

    private void BeginRequest(MessageStream stream, in RequestHead head, ReadOnlySpan<byte> bytes, ExchangePipeline pipeline)
    {
        if (_pending.Count == PendingExchanges.MaxPendingRequests)
        {
            LoseTrack(UnpairedReason.TooManyPending, pipeline);
            return;
        }

        if (_isUncertain && _pending.Count > 0)
        {
            // Pipelined: the next response could answer either, or one before them.
            LoseTrack(UnpairedReason.Gap, pipeline);
            return;
        }

        _pending.Add().Begin(head, bytes, stream == _egress ? _arrival.CallNanoseconds : _arrival.ReturnNanoseconds);
        stream.MessageBytes = head.Length;
        var length = BodyLength.OfRequest(head);
        stream.Body = new BodyReader(length);
        stream.State = StreamState.Body;
        if (length.Kind == BodyKind.Invalid)
        {
            // Nobody knows where the next request begins; this one still gets its answer.
            EndMessage(stream, pipeline);
            stream.State = StreamState.Stopped;
        }
        else if (stream.Body.IsDone)
        {
            EndMessage(stream, pipeline);
        }

        var responses = StreamOf(_requests ^ Direction.Egress);
        if (responses.HasHeld && !MustWait(responses)) FeedHeld(responses, pipeline);
    }

    private void BeginResponse(MessageStream stream, in ResponseHead head, ExchangePipeline pipeline)
    {
        ref var pending = ref _pending.Oldest;
        if (head.IsInformational && head.Status != 101)
        {
            pending.ResponseBytes += head.Length;
            return;
        }

        var length = BodyLength.OfResponse(head, pending.Request.Method);
        pending.Response = head;
        pending.ResponseBegun = true;
        pending.ResponseStartNanoseconds = _arrival.ReturnNanoseconds;
        stream.MessageBytes = head.Length;
        stream.Body = new BodyReader(length);
        stream.State = StreamState.Body;
        if (length.Kind == BodyKind.Tunnel)
        {
            pending.RequestDone = true;
            EndMessage(stream, pipeline);
            pipeline.Statistics.ConnectionsTunneled++;
            Ignore(pipeline);
        }
        else if (length.Kind == BodyKind.Invalid)
        {
            OnInvalid(stream, pipeline);
        }
        else if (stream.Body.IsDone)
        {
            EndMessage(stream, pipeline);
        }
    }

    private void EndMessage(MessageStream stream, ExchangePipeline pipeline)
    {
        stream.State = StreamState.Head;
        if (stream.SkipUntil != 0)
        {
            stream.SkipUntil = 0;
            pipeline.Kernel.StopSkipping(Id, stream == _ingress ? Direction.Ingress : Direction.Egress);
        }

        if (stream == StreamOf(_requests))
        {
            ref var request = ref _pending.Newest;
            request.RequestDone = true;
            request.RequestBytes = stream.MessageBytes;
            request.RequestBodyBytes = stream.Body.ContentBytes;
            if (request.ResponseDone) Emit(pipeline);
            return;
        }

        ref var pending = ref _pending.Oldest;
        pending.ResponseBytes += stream.MessageBytes;
        pending.ResponseBodyBytes = stream.Body.ContentBytes;
        pending.ResponseEndNanoseconds = stream.LatestNanoseconds;
        pending.ResponseDone = true;
        _isUncertain = false;
        if (pending.RequestDone) Emit(pipeline);
    }

    private void Emit(ExchangePipeline pipeline)
    {
        bool wasConnect = _pending.Oldest.Request.Method == RequestMethod.Connect;
        pipeline.Statistics.Exchanges++;
        pipeline.Sink.Accept(new Exchange(this, in _pending.Oldest));
        _pending.RemoveOldest();

        var requests = StreamOf(_requests);
        if (wasConnect && requests.HasHeld && _protocol == Protocol.Http1) FeedHeld(requests, pipeline);
    }

    /// <summary>Passes over bytes that were not captured.</summary>
    private void Pass(MessageStream stream, long count, GapReason reason, ExchangePipeline pipeline)
    {
        var statistics = pipeline.Statistics;
        if (_protocol != Protocol.Ignored && stream.State == StreamState.Body)
        {
            long passed = stream.Body.Skip(count);
            stream.MessageBytes += passed;
            statistics.PassedBytes += passed;
            count -= passed;
            if (stream.Body.IsDone) EndMessage(stream, pipeline);
        }

        if (count == 0) return;
        if (_protocol == Protocol.Ignored || stream.State is StreamState.Stopped or StreamState.Seeking)
        {
            statistics.DiscardedBytes += count;
            return;
        }

        statistics.CountGap(reason, count);
        LoseTrack(UnpairedReason.Gap, pipeline);
    }

    /// <summary>What follows may belong to messages that were not seen: forgets what waits, and looks for a new beginning.</summary>
    private void LoseTrack(UnpairedReason reason, ExchangePipeline pipeline)
    {
        var statistics = pipeline.Statistics;
        statistics.CountUnpaired(reason, _pending.Count);
        statistics.Resynchronisations++;
        _pending.Clear();
        _isUncertain = true;
        Seek(_ingress, Direction.Ingress, pipeline);
        Seek(_egress, Direction.Egress, pipeline);
    }

    private void Seek(MessageStream stream, Direction direction, ExchangePipeline pipeline)
    {
        pipeline.Statistics.DiscardedBytes += stream.Held.Length;
        stream.Release();
        if (stream.State != StreamState.Stopped) stream.State = StreamState.Seeking;
        if (stream.SkipUntil == 0) return;
        stream.SkipUntil = 0;
        pipeline.Kernel.StopSkipping(Id, direction);
    }

    /// <summary>
    /// A new beginning is a request's head at the start of a call, and then, while it is the only one, a response's head at
    /// the start of a call.
    /// </summary>
    private bool TrySynchronise(MessageStream stream, ReadOnlySpan<byte> bytes, ExchangePipeline pipeline, bool isCallStart)
    {
        if (!isCallStart) return false;

        if (_protocol == Protocol.Http1 && stream != StreamOf(_requests))
        {
            if (_pending.Count != 1 || HeadReader.LooksLikeResponse(bytes) != OperationStatus.Done) return false;
        }
        else if (HeadReader.LooksLikeRequest(bytes) == OperationStatus.Done)
        {
            if (_protocol == Protocol.Undecided) Decide(stream == _ingress ? Direction.Ingress : Direction.Egress, pipeline);
        }
        else
        {
            if (_protocol == Protocol.Undecided) GiveUpInTime(stream, pipeline);
            return false;
        }

        stream.State = StreamState.Head;
        return true;
    }

    private void GiveUpInTime(MessageStream stream, ExchangePipeline pipeline)
    {
        if (stream == _ingress) _seekingCallsIngress++;
        else _seekingCallsEgress++;
        if (int.Min(_seekingCallsIngress, _seekingCallsEgress) < MaxSeekingCalls) return;
        pipeline.Statistics.ConnectionsNotHttp++;
        Ignore(pipeline);
    }

    /// <summary>The bytes are not what should stand here.</summary>
    private void OnInvalid(MessageStream stream, ExchangePipeline pipeline)
    {
        var statistics = pipeline.Statistics;
        if (stream == StreamOf(_requests))
        {
            // Requests before this one still get their answers; what follows cannot be told apart.
            statistics.CountUnpaired(UnpairedReason.InvalidRequest);
            if (stream.State == StreamState.Body && _pending.Count > 0) _pending.Newest.RequestDone = true;
            stream.State = StreamState.Stopped;
            return;
        }

        statistics.CountUnpaired(UnpairedReason.InvalidResponse);
        statistics.CountUnpaired(UnpairedReason.NoResponse, int.Max(0, _pending.Count - 1));
        _pending.Clear();
        Ignore(pipeline);
    }

    /// <summary>More came than can be held: a head without an end, or a response for which no request shows up.</summary>
    private void OnHeldTooMuch(MessageStream stream, ExchangePipeline pipeline)
    {
        pipeline.Statistics.DiscardedBytes += stream.Held.Length;
        stream.Release();
        bool isResponse = _protocol == Protocol.Http1 && stream != StreamOf(_requests);
        if (isResponse && MustWait(stream))
        {
            pipeline.Statistics.CountUnpaired(UnpairedReason.ResponseWithoutRequest);
            LoseTrack(UnpairedReason.Gap, pipeline);
        }
        else if (_protocol == Protocol.Http1)
        {
            OnInvalid(stream, pipeline);
        }
        else
        {
            pipeline.Statistics.ConnectionsNotHttp++;
            Ignore(pipeline);
        }
    }

    private void Ignore(ExchangePipeline pipeline)
    {
        _protocol = Protocol.Ignored;
        pipeline.Statistics.DiscardedBytes += _ingress.Held.Length + _egress.Held.Length;
        _ingress.Release();
        _egress.Release();
        pipeline.Kernel.Ignore(Id);
    }

    /// <summary>Spares the kernel side copying a long body whose end is known.</summary>
    private void AskToSkip(MessageStream stream, Direction direction, ExchangePipeline pipeline)
    {
        long remaining = stream.Body.KnownRemaining;
        if (remaining < SkipThresholdBytes) return;

        ulong until = stream.Position + (ulong)long.Min(remaining, MaxSkipBytes);
        bool isFarEnough = stream.SkipUntil >= until || stream.SkipUntil > stream.Position + MaxSkipBytes / 2;
        if (isFarEnough) return;
        stream.SkipUntil = until;
        pipeline.Kernel.SkipUntil(Id, direction, (uint)until);
    }

    private MessageStream StreamOf(Direction direction) => direction == Direction.Ingress ? _ingress : _egress;

    private string Text(EndpointAddress address) =>
        address.Kind == EndpointKind.Unix ? UnixPath is null ? "unix" : "unix:" + UnixPath : address.ToString();

    private static GapReason ReasonOf(Uncaptured uncaptured) => uncaptured switch
    {
        _ when uncaptured.HasFlag(Uncaptured.LengthOnly) => GapReason.LengthOnly,
        _ when uncaptured.HasFlag(Uncaptured.Fault) => GapReason.Fault,
        _ when uncaptured.HasFlag(Uncaptured.Segments) => GapReason.Segments,
        _ when uncaptured.HasFlag(Uncaptured.Pressed) => GapReason.Pressed,
        _ => GapReason.Limited,
    };
}
