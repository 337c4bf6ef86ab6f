using System.Buffers;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Tcp;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>One connection of a profiled process: two message streams and the requests that wait for their answer.</summary>
/// <remarks>
/// Which direction carries requests is found in the bytes, not in who connected. While <c>_isUncertain</c> holds, after a gap
/// or on a connection that is older than we are, nothing is paired until one request is followed by one response. That trusts
/// the client to speak only when it was answered. Where the bytes show otherwise, the answers that are still to come cannot
/// be told apart, and after a gap the connection is given up.
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

    private readonly HeldBuffers _buffers;
    private readonly MessageStream _ingress;
    private readonly MessageStream _egress;
    private readonly PendingExchanges _pending = new();
    private Protocol _protocol;
    private bool _isUncertain;
    private bool _isPipelined;

    // One end said "close": no request should follow.
    private bool _isLast;
    private Direction _requests;

    // Since track was lost: requests without an answer, as far as was seen. With more than one the client pipelines, or answers
    // were lost too; 2 is as good as more.
    private int _owed;
    private int _seekingCallsIngress;
    private int _seekingCallsEgress;

    // When the data that is being read came.
    private Arrival _arrival;

    internal Connection(HeldBuffers buffers)
    {
        _buffers = buffers;
        _ingress = new MessageStream(buffers);
        _egress = new MessageStream(buffers);
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

    /// <summary>Accepted or connected; unknown when that was before our time.</summary>
    public EndpointRole OpenedAs { get; private set; }

    /// <summary>It was accepted or connected under our eyes.</summary>
    public bool IsFromStart { get; private set; }

    /// <summary>Who this end is: by its messages, else by who connected.</summary>
    public EndpointRole Side => Role == EndpointRole.Unknown ? OpenedAs : Role;

    /// <summary>What TCP told last; the default when it told nothing yet.</summary>
    internal SocketTally Tally { get; set; }

    /// <summary>Who the profiled process is in HTTP's terms; unknown until a message was recognised.</summary>
    public EndpointRole Role => _protocol != Protocol.Http1 ? EndpointRole.Unknown
        : _requests == Direction.Ingress ? EndpointRole.Server : EndpointRole.Client;

    public bool IsHttp => _protocol == Protocol.Http1;

    /// <summary>Something on it is not complete: more bytes would matter.</summary>
    internal bool IsWaiting => IsHttp && (_pending.Count > 0 || _ingress.HasHeld || _egress.HasHeld);

    public long LatestNanoseconds => long.Max(_ingress.LatestNanoseconds, _egress.LatestNanoseconds);

    /// <summary>Of the kernel's latest word: smoothed round-trip time and segments retransmitted.</summary>
    public uint RoundTripMicroseconds { get; private set; }

    public uint Retransmissions { get; private set; }

    /// <summary>Who measures on it and who is at its other end; null: not asked yet.</summary>
    internal PeerPair? Peers { get; set; }

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
        NetworkNamespace = open.NetworkNamespace;
        OpenedAs = open.Role;
        IsFromStart = open.FromStart;
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
        _isPipelined = false;
        _isLast = false;
        _owed = 0;
        _seekingCallsIngress = _seekingCallsEgress = 0;
        _localText = _remoteText = null;
        RoundTripMicroseconds = Retransmissions = 0;
        Tally = default;
        Peers = null;
        Translated = null;
    }

    internal void Append(in SocketData data, ExchangePipeline pipeline)
    {
        var statistics = pipeline.Statistics;
        var stream = StreamOf(data.Direction);
        if (data.Length == 0)
        {
            stream.KnownPosition = data.Position;
            return;
        }

        var bytes = data.Bytes;
        uint offset = data.Offset;
        uint length = data.Length;
        long ahead = stream.Ahead(data.Position);
        uint known = 0;
        bool isWhole = ahead >= 0 && offset == 0 && !data.IsContinued;

        statistics.MovedBytes += length;
        if (ahead > 0)
        {
            PassUnseen(stream, ahead, pipeline);
        }
        else if (ahead < 0)
        {
            uint again = known = (uint)long.Min(-ahead, length);
            statistics.DuplicateBytes += again;
            length -= again;
            if (length == 0) return;
            if (again > offset) bytes = bytes[(int)uint.Min(again - offset, (uint)bytes.Length)..];
            offset = again > offset ? 0 : offset - again;
        }

        stream.LatestNanoseconds = data.TimeNanoseconds;
        RoundTripMicroseconds = data.RoundTripMicroseconds;
        Retransmissions = data.Retransmissions;
        _arrival = new Arrival(
            data.StartNanoseconds != 0 ? data.StartNanoseconds : data.TimeNanoseconds, data.TimeNanoseconds,
            data.ArrivedNanoseconds, stream.Position + (data.ArrivedLength > known ? data.ArrivedLength - known : 0));

        stream.ReadEnd = stream.Position;
        if (pipeline.Holding.Policy is not null) LogCall(stream, data.Call, length);

        long behind = length - offset - bytes.Length;
        if (offset > 0) Pass(stream, offset, ReasonOf(data.Uncaptured), pipeline);
        if (!bytes.IsEmpty)
        {
            stream.ReadEnd += (ulong)bytes.Length;
            Feed(stream, bytes, pipeline, isCallStart: isWhole);
        }

        if (behind > 0) Pass(stream, behind, ReasonOf(data.Uncaptured), pipeline);
        stream.Position += length;
        if (stream.State == StreamState.Body && _protocol == Protocol.Http1) AskToSkip(stream, data.Direction, pipeline);
    }

    internal void End(Direction direction, ExchangePipeline pipeline)
    {
        var stream = StreamOf(direction);
        PassLost(stream, pipeline);
        if (_protocol == Protocol.Http1 && direction != _requests && stream.State == StreamState.Body && stream.Body.KnownRemaining == long.MaxValue)
            EndMessage(stream, pipeline);
    }

    /// <summary>No more events will come. What is left unpaired is counted: by its own reason, or as in flight.</summary>
    internal void Close(ExchangePipeline pipeline, bool isShutdown = false)
    {
        var statistics = pipeline.Statistics;
        PassLost(StreamOf(_requests), pipeline);
        PassLost(StreamOf(_requests ^ Direction.Egress), pipeline);
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
            CutRequest(ref _pending.Oldest);
            statistics.Anomalies.Count(ConnectionAnomaly.EarlyResponse);
            Emit(pipeline);
        }

        bool isAnswered = _pending.Count > 0 && (_pending.Oldest.ResponseBegun || responses.HasHeld);
        if (isAnswered && !isShutdown)
        {
            pipeline.CountUnpaired(this, UnpairedReason.ResponseIncomplete);
            _pending.RemoveOldest();
        }

        pipeline.CountUnpaired(this, isShutdown ? UnpairedReason.InFlight : _isUncertain ? UnpairedReason.Gap : UnpairedReason.NoResponse, _pending.Count);
        _pending.Clear();

        if (responses.HasHeld && !isAnswered) CountUnsolicited(pipeline);
        if (requests.Held.IndexOfAnyExcept("\r\n"u8) >= 0)
            pipeline.CountUnpaired(this, isShutdown ? UnpairedReason.InFlight : UnpairedReason.RequestIncomplete);
    }

    /// <summary>The request under way will not come to its end: it is what came of it.</summary>
    private void CutRequest(ref PendingExchange request)
    {
        var stream = StreamOf(_requests);
        request.RequestDone = true;
        request.RequestEndNanoseconds = stream.LatestNanoseconds;
        request.RequestBytes = stream.MessageBytes;
        request.RequestBodyBytes = stream.Body.ContentBytes;
        request.Held?.Request.CutBody();
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
        _buffers.Return(held);
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
                if (stream.Calls is not null) HoldBody(stream, bytes[..consumed], stream.ReadEnd - (ulong)bytes.Length);
                bytes = bytes[consumed..];
                if (status == OperationStatus.Done) EndMessage(stream, pipeline);
                else if (status == OperationStatus.InvalidData) OnInvalid(stream, stream.Body.Invalid, pipeline);
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
        InvalidReason reason;
        int consumed;
        ulong position = stream.ReadEnd - (ulong)bytes.Length;
        if (stream == StreamOf(_requests))
        {
            status = HeadReader.TryReadRequest(bytes, out var head, out reason);
            consumed = head.Length;
            if (status == OperationStatus.Done) BeginRequest(stream, head, bytes[..head.Length], position, pipeline);
        }
        else
        {
            status = HeadReader.TryReadResponse(bytes, out var head, out reason);
            consumed = head.Length;
            if (status == OperationStatus.Done) BeginResponse(stream, head, bytes[..head.Length], position, pipeline);
        }

        if (status == OperationStatus.NeedMoreData) return Hold(stream, bytes, pipeline);
        if (status == OperationStatus.Done)
        {
            pipeline.Statistics.ParsedBytes += consumed;
            return consumed;
        }

        pipeline.Statistics.DiscardedBytes += bytes.Length;
        OnInvalid(stream, reason, pipeline);
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
        IgnoreForeign(bytes, pipeline);
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

    private void BeginRequest(MessageStream stream, in RequestHead head, ReadOnlySpan<byte> bytes, ulong position, ExchangePipeline pipeline)
    {
        if (_pending.Count == PendingExchanges.MaxPendingRequests)
        {
            pipeline.CountUnpaired(this, UnpairedReason.TooManyPending);
            LoseTrack(UnpairedReason.TooManyPending, owed: 2, pipeline);
            return;
        }

        // Pipelined: the next response could answer either, or one before them. And a name that nobody registered may be the
        // rest of one that the gap cut.
        if (_isUncertain && (_pending.Count > 0 || head.Method == RequestMethod.Other))
        {
            pipeline.CountUnpaired(this, UnpairedReason.Gap);
            LoseTrack(UnpairedReason.Gap, owed: _pending.Count + 1, pipeline);
            return;
        }

        if (Local.Kind == EndpointKind.Unix) pipeline.Kernel.TimeCalls();
        var anomalies = pipeline.Statistics.Anomalies;
        anomalies.Count(head.Framing.Anomalies);
        if (_isLast) anomalies.Count(ConnectionAnomaly.RequestAfterClose);
        _isLast |= head.Framing.Close;
        ref var pending = ref _pending.Add();
        pending.Begin(head, bytes, stream == _egress ? _arrival.CallNanoseconds : _arrival.ReturnNanoseconds, _arrival.ReadyAt(position));
        pending.RetransmissionsBefore = Retransmissions;
        if (pipeline.Holding is { Policy: not null } holding)
        {
            pending.Held = holding.TryBegin();
            stream.Calls?.Give(position, position + (ulong)head.Length, pending.Held?.Request);
        }

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

    private void BeginResponse(MessageStream stream, in ResponseHead head, ReadOnlySpan<byte> bytes, ulong position, ExchangePipeline pipeline)
    {
        ref var pending = ref _pending.Oldest;
        pipeline.Statistics.Anomalies.Count(head.Framing.Anomalies);
        if (head.IsInformational && head.Status != 101)
        {
            pending.ResponseBytes += head.Length;
            return;
        }

        var length = BodyLength.OfResponse(head, pending.Request.Method);
        _isLast |= head.Framing.Close;
        _isPipelined |= _pending.Count > 1;
        pending.Response = head;
        pending.ResponseBegun = true;
        pending.ResponseArrivedNanoseconds = _arrival.ReadyAt(position);
        pending.ResponseCallNanoseconds = _arrival.CallNanoseconds;
        pending.ResponseStartNanoseconds = _arrival.ReturnNanoseconds;
        if (stream.Calls is not null)
        {
            pending.Held?.Response.HoldHead(bytes);
            stream.Calls.Give(position, position + (ulong)head.Length, pending.Held?.Response);
        }

        stream.MessageBytes = head.Length;
        stream.Body = new BodyReader(length);
        stream.State = StreamState.Body;
        if (length.Kind == BodyKind.Tunnel)
        {
            if (!pending.RequestDone) CutRequest(ref pending);
            DropHeld(StreamOf(_requests), pipeline); // sent ahead of the answer, into the tunnel
            EndMessage(stream, pipeline);
            pipeline.Statistics.ConnectionsTunneled++;
            Ignore(pipeline);
        }
        else if (length.Kind == BodyKind.Invalid)
        {
            OnInvalid(stream, length.Invalid, pipeline);
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
            request.RequestEndNanoseconds = stream.LatestNanoseconds;
            request.RequestBytes = stream.MessageBytes;
            request.RequestBodyBytes = stream.Body.ContentBytes;

            // By the clock, not by the order of events: another thread may see the answer before the writing call returned.
            if (request.ResponseBegun && _arrival.CallNanoseconds > request.ResponseStartNanoseconds)
                pipeline.Statistics.Anomalies.Count(ConnectionAnomaly.EarlyResponse);
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

    /// <summary>Bytes before the next ones that no event told of.</summary>
    private void PassUnseen(MessageStream stream, long count, ExchangePipeline pipeline)
    {
        pipeline.Statistics.MovedBytes += count;
        Pass(stream, count, GapReason.Unseen, pipeline);
        stream.Position += (ulong)count;
    }

    /// <summary>At the end: bytes after the last ones that were seen, if the source said where the stream stands.</summary>
    private void PassLost(MessageStream stream, ExchangePipeline pipeline)
    {
        if (stream.KnownPosition is not { } position) return;
        stream.KnownPosition = null;
        if (stream.Ahead(position) is > 0 and var lost) PassUnseen(stream, lost, pipeline);
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
            if (stream.Calls is not null) CutBody(stream, passed);
            stream.ReadEnd += (ulong)passed;
            if (stream.Body.IsDone) EndMessage(stream, pipeline);
        }

        if (count == 0) return;
        stream.ReadEnd += (ulong)count;
        int waiting = _owed + _pending.Count;
        bool isLost = stream.State == StreamState.Seeking && waiting == 0;
        if (_protocol == Protocol.Ignored || stream.State == StreamState.Stopped || isLost)
        {
            statistics.DiscardedBytes += count;
            return;
        }

        statistics.CountGap(reason, count);
        LoseTrack(UnpairedReason.Gap, OwedAfterGap(stream, waiting), pipeline);
    }

    /// <summary>
    /// In the responses a gap hides at least the end of one, and what comes next may end another. In the requests it hides one
    /// without an answer, unless an answer was seen that no request was seen for.
    /// </summary>
    private int OwedAfterGap(MessageStream stream, int waiting)
    {
        if (_protocol == Protocol.Http1 && stream != StreamOf(_requests)) return waiting > 1 ? 1 : 0;

        var other = stream == _ingress ? _egress : _ingress;
        bool isAnswered = other.HasHeld || (_pending.Count > 0 && _pending.Newest is { ResponseBegun: true, RequestDone: false });
        return int.Max(_owed, isAnswered ? 0 : 1);
    }

    /// <summary>What follows may belong to messages that were not seen: forgets what waits, and looks for a new beginning.</summary>
    private void LoseTrack(UnpairedReason reason, int owed, ExchangePipeline pipeline)
    {
        var statistics = pipeline.Statistics;
        if (_protocol == Protocol.Http1 && _pending.Count == 0 && StreamOf(_requests ^ Direction.Egress).HasHeld)
            pipeline.CountUnpaired(this, UnpairedReason.ResponseWithoutRequest);
        pipeline.CountUnpaired(this, reason, _pending.Count);
        _pending.Clear();
        if (_isPipelined)
        {
            GiveUp(pipeline);
            return;
        }

        statistics.Resynchronisations++;
        _isUncertain = true;
        _owed = owed;
        Seek(_ingress, Direction.Ingress, pipeline);
        Seek(_egress, Direction.Egress, pipeline);
    }

    /// <summary>The client does not wait for answers, so none that follows can be told from one that was owed before.</summary>
    private void GiveUp(ExchangePipeline pipeline)
    {
        pipeline.Statistics.ConnectionsGivenUp++;
        Ignore(pipeline);
    }

    private void Seek(MessageStream stream, Direction direction, ExchangePipeline pipeline)
    {
        DropHeld(stream, pipeline);
        if (stream.State != StreamState.Stopped) stream.State = StreamState.Seeking;
        if (stream.SkipUntil == 0) return;
        stream.SkipUntil = 0;
        pipeline.Kernel.StopSkipping(Id, direction);
    }

    /// <summary>
    /// A new beginning is a request's head at the start of a call, when no answer is owed to one before it, and then, while it
    /// is the only one, a response's head in the very next call.
    /// </summary>
    private bool TrySynchronise(MessageStream stream, ReadOnlySpan<byte> bytes, ExchangePipeline pipeline, bool isCallStart)
    {
        var request = isCallStart ? HeadReader.LooksLikeRequest(bytes) : OperationStatus.InvalidData;
        var response = isCallStart ? HeadReader.LooksLikeResponse(bytes) : OperationStatus.InvalidData;
        if (_protocol == Protocol.Undecided)
        {
            var direction = stream == _ingress ? Direction.Ingress : Direction.Egress;
            if (request == OperationStatus.Done) Decide(direction, pipeline);
            else if (response == OperationStatus.Done) Decide(direction ^ Direction.Egress, pipeline);
            else GiveUpInTime(stream, pipeline);
        }

        if (_protocol != Protocol.Http1) return false;
        bool isFound = stream == StreamOf(_requests) ? IsBeginning(request, pipeline) : IsAnswer(response, bytes, pipeline);
        if (isFound) stream.State = StreamState.Head;
        return isFound;
    }

    private bool IsBeginning(OperationStatus looksLikeRequest, ExchangePipeline pipeline)
    {
        if (looksLikeRequest != OperationStatus.Done) return false;

        // Another thread may have seen the answer, and we have passed over it, before the writing call returned.
        bool mayBeAnswered = _arrival.CallNanoseconds < StreamOf(_requests ^ Direction.Egress).LatestNanoseconds;
        if (_owed == 0 && !mayBeAnswered) return true;
        if (_owed > 0) _owed = 2;
        pipeline.CountUnpaired(this, UnpairedReason.Gap);
        return false;
    }

    private bool IsAnswer(OperationStatus looksLikeResponse, ReadOnlySpan<byte> bytes, ExchangePipeline pipeline)
    {
        if (_owed > 0 && looksLikeResponse == OperationStatus.Done) PayOne(bytes, pipeline);
        if (_protocol == Protocol.Ignored || StreamOf(_requests).State is StreamState.Seeking or StreamState.Stopped) return false;
        if (looksLikeResponse != OperationStatus.InvalidData) return true;
        LoseTrack(UnpairedReason.Gap, owed: 1, pipeline);
        return false;
    }

    /// <summary>A response is there, without a gap before it: that two wait for it at a time shows that the client pipelines.</summary>
    private void PayOne(ReadOnlySpan<byte> bytes, ExchangePipeline pipeline)
    {
        while (HeadReader.TryReadResponse(bytes, out var head, out _) == OperationStatus.Done && head.IsInformational) bytes = bytes[head.Length..];
        bool isFinal = bytes.StartsWith("HTTP/1."u8) && bytes.Length > 9 && bytes[9] is >= (byte)'2' and <= (byte)'9';
        if (isFinal && --_owed > 0) GiveUp(pipeline);
    }

    private void GiveUpInTime(MessageStream stream, ExchangePipeline pipeline)
    {
        if (stream == _ingress) _seekingCallsIngress++;
        else _seekingCallsEgress++;
        if (int.Min(_seekingCallsIngress, _seekingCallsEgress) < MaxSeekingCalls) return;
        IgnoreForeign(default, pipeline);
    }

    /// <summary>The connection speaks another protocol: it is recognised by its first bytes, counted, and left alone.</summary>
    private void IgnoreForeign(ReadOnlySpan<byte> bytes, ExchangePipeline pipeline)
    {
        HeadReader.TryReadRequest(bytes, out _, out var reason);
        pipeline.CountForeign(this, reason);
        Ignore(pipeline);
    }

    /// <summary>The bytes are not what should stand here.</summary>
    private void OnInvalid(MessageStream stream, InvalidReason reason, ExchangePipeline pipeline)
    {
        var statistics = pipeline.Statistics;
        statistics.Anomalies.Count(reason);
        if (stream == StreamOf(_requests))
        {
            // Requests up to here still get their answers, one with a faulty body too; what follows cannot be told apart.
            if (stream.State == StreamState.Body) EndMessage(stream, pipeline);
            else pipeline.CountUnpaired(this, UnpairedReason.InvalidRequest);
            stream.State = StreamState.Stopped;
            return;
        }

        pipeline.CountUnpaired(this, UnpairedReason.InvalidResponse);
        _pending.RemoveOldest();
        Ignore(pipeline);
    }

    /// <summary>More came than can be held: a head without an end, or a response for which no request shows up.</summary>
    private void OnHeldTooMuch(MessageStream stream, ExchangePipeline pipeline)
    {
        DropHeld(stream, pipeline);
        bool isResponse = _protocol == Protocol.Http1 && stream != StreamOf(_requests);
        if (isResponse && MustWait(stream))
        {
            CountUnsolicited(pipeline);
            LoseTrack(UnpairedReason.Gap, owed: 0, pipeline);
        }
        else if (_protocol == Protocol.Http1)
        {
            OnInvalid(stream, InvalidReason.HeadTooLarge, pipeline);
        }
        else
        {
            IgnoreForeign(default, pipeline);
        }
    }

    // Where bytes of requests were missed or not understood, it may have had one.
    private void CountUnsolicited(ExchangePipeline pipeline)
    {
        pipeline.CountUnpaired(this, UnpairedReason.ResponseWithoutRequest);
        if (!_isUncertain && StreamOf(_requests).State != StreamState.Stopped) pipeline.Statistics.Anomalies.Count(ConnectionAnomaly.UnsolicitedResponse);
    }

    private void Ignore(ExchangePipeline pipeline)
    {
        _protocol = Protocol.Ignored;
        pipeline.CountUnpaired(this, UnpairedReason.NoResponse, _pending.Count);
        _pending.Clear();
        DropHeld(_ingress, pipeline);
        DropHeld(_egress, pipeline);
        pipeline.Kernel.Ignore(Id);
    }

    private static void DropHeld(MessageStream stream, ExchangePipeline pipeline)
    {
        pipeline.Statistics.DiscardedBytes += stream.Held.Length;
        stream.Release();
    }

    /// <summary>Spares the kernel side copying a long body whose end is known.</summary>
    private void AskToSkip(MessageStream stream, Direction direction, ExchangePipeline pipeline)
    {
        long remaining = stream.Body.KnownRemaining;
        if (remaining < SkipThresholdBytes) return;
        if (stream.Calls is not null && HeldOf(stream) is { IsFull: false }) return;

        ulong until = stream.Position + (ulong)long.Min(remaining, MaxSkipBytes);
        bool isFarEnough = stream.SkipUntil >= until || stream.SkipUntil > stream.Position + MaxSkipBytes / 2;
        if (isFarEnough) return;
        stream.SkipUntil = until;
        pipeline.Kernel.SkipUntil(Id, direction, (uint)until);
    }

    private void LogCall(MessageStream stream, SocketCall call, uint length)
    {
        if (_protocol == Protocol.Ignored || stream.State == StreamState.Stopped) return;
        stream.Calls ??= new CallLog();
        ulong unread = stream.Position - (ulong)stream.Held.Length;
        var logged = new LoggedCall(stream.Position, stream.Position + length, call, _arrival.CallNanoseconds, _arrival.ReturnNanoseconds);
        stream.Calls.Add(logged, unread);
    }

    private void HoldBody(MessageStream stream, ReadOnlySpan<byte> bytes, ulong position)
    {
        var held = HeldOf(stream);
        held?.HoldBody(bytes);
        stream.Calls!.Give(position, position + (ulong)bytes.Length, held);
    }

    private void CutBody(MessageStream stream, long passed)
    {
        if (passed == 0) return;
        var held = HeldOf(stream);
        held?.CutBody();
        stream.Calls!.Give(stream.ReadEnd, stream.ReadEnd + (ulong)passed, held);
    }

    /// <summary>What is held of the message that the stream is in; null: nothing.</summary>
    private HeldMessage? HeldOf(MessageStream stream)
    {
        if (_pending.Count == 0) return null;
        return stream == StreamOf(_requests) ? _pending.Newest.Held?.Request : _pending.Oldest.Held?.Response;
    }

    private MessageStream StreamOf(Direction direction) => direction == Direction.Ingress ? _ingress : _egress;

    private string Text(EndpointAddress address) =>
        address.Kind == EndpointKind.Unix ? UnixPath is null ? "unix" : "unix:" + UnixPath : address.ToString();

    private static GapReason ReasonOf(Uncaptured uncaptured) => uncaptured switch
    {
        _ when uncaptured.HasFlag(Uncaptured.Segments) => GapReason.Segments,
        _ when uncaptured.HasFlag(Uncaptured.LengthOnly) => GapReason.LengthOnly,
        _ when uncaptured.HasFlag(Uncaptured.Fault) => GapReason.Fault,
        _ when uncaptured.HasFlag(Uncaptured.Pressed) => GapReason.Pressed,
        _ => GapReason.Limited,
    };
}
