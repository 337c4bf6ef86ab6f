using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>
/// Pairs the messages of both directions: each response belongs to the oldest request without a response. The <see cref="Resynchronizer"/>
/// determines whether pairing is certain; while it is not, the queue contains at most one candidate.
/// </summary>
internal sealed class ExchangeAssembler(Connection connection, ConnectionServices services) : IMessageSink
{
    private readonly PendingQueue _queue = new(connection, services);
    private UnfinishedExchanges? _unfinished; // rarely needed
    private readonly HeadSearch _search = new(connection);
    private readonly FaultyMessages _faulty = new(connection);

    // One end sent "Connection: close": no further request should follow.
    private bool _isLast;

    public PendingQueue Queue => _queue;

    public bool IsByteExact => false;

    private CaptureStatistics Statistics => services.Statistics;

    private Resynchronizer Resynchronizer => connection.Resynchronizer;

    public bool MayBegin(MessageReader reader, ReadOnlySpan<byte> bytes, bool isCallStart) =>
        _search.MayBegin(connection.StreamOf(reader), bytes, reader.Next, isCallStart);

    public ExpectedMessage Expect(MessageReader reader, ReadOnlySpan<byte> bytes)
    {
        var stream = connection.StreamOf(reader);
        if (!connection.IsHttp && connection.Detector.Detect(stream, bytes) is { } detected) return detected;
        if (MustWait(stream)) return ExpectedMessage.Unknown;
        return stream == connection.Requests ? ExpectedMessage.Request : ExpectedMessage.Response;
    }

    public void OnProxyHeader(MessageReader reader, EndpointAddress? client) => connection.ProxiedClient = client;

    public void OnRequest(MessageReader reader, in RequestHead head, ReadOnlySpan<byte> bytes, ulong position)
    {
        if (connection.Local.Kind == EndpointKind.Unix) services.Kernel.TimeCalls();
        var anomalies = Statistics.Anomalies;
        anomalies.Count(head.Framing.Anomalies);
        if (_isLast) anomalies.Count(ConnectionAnomaly.RequestAfterClose);
        _isLast |= head.Framing.Close;
        _queue.Offer(head, bytes, position, reader.Arrival);
        reader.BeginBody(head.Length, BodyLength.OfRequest(head));
        var responses = connection.Responses;
        if (responses.Reader.HasHeld && !MustWait(responses)) responses.Reader.ReadHeld();
    }

    public void OnResponse(MessageReader reader, in ResponseHead head, ReadOnlySpan<byte> bytes, ulong position)
    {
        if (!_queue.HasUnanswered && Resynchronizer.State == PairingState.Certain) _faulty.OfferUnfinished(head.Status);
        if (!Resynchronizer.OnResponse(head, position, reader.Arrival.Opposite)) return;

        Statistics.Anomalies.Count(head.Framing.Anomalies);
        ref var pending = ref _queue.Oldest;
        if (head.IsInformational && head.Status != 101)
        {
            pending.ResponseBytes += head.Length;
            return;
        }

        _isLast |= head.Framing.Close;
        var length = BodyLength.OfResponse(head, pending.Request.Method);
        pending.BeginResponse(head, reader.Arrival, position);
        pending.IsTunnel = length.Kind == BodyKind.Tunnel;
        connection.Content.HoldResponse(connection.Responses, ref pending, position, bytes);
        reader.BeginBody(head.Length, length);
        if (length.Kind == BodyKind.Tunnel) reader.EndMessage();
    }

    public void OnContent(MessageReader reader, ReadOnlySpan<byte> content, ulong position)
    {
    }

    public void OnBody(MessageReader reader, ReadOnlySpan<byte> bytes, ulong position) =>
        connection.Content.HoldBody(connection.StreamOf(reader), bytes, position);

    public void OnBodyPassed(MessageReader reader, long count, ulong position) =>
        connection.Content.CutBody(connection.StreamOf(reader), count, position);

    public void OnMessageEnd(MessageReader reader)
    {
        var stream = connection.StreamOf(reader);
        connection.Skipping.TakeBack(stream);
        if (stream == connection.Requests) _queue.EndRequest();
        else _queue.EndResponse();
    }

    public void OnInvalid(MessageReader reader, InvalidReason reason, ReadOnlySpan<byte> bytes, ulong position)
    {
        var stream = connection.StreamOf(reader);
        // Before the protocol is certain, the bytes may be anything.
        if (!Resynchronizer.IsUncertain) Statistics.Anomalies.Count(reason);
        if (stream == connection.Requests) OnInvalidRequest(reader, reason, bytes);
        else OnInvalidResponse(reader, reason, bytes);
        connection.Seek(stream);
    }

    /// <summary>More bytes arrived than can be held: a head without an end, or a response whose request does not appear.</summary>
    public void OnHeldTooMuch(MessageReader reader)
    {
        var stream = connection.StreamOf(reader);
        if (!connection.IsHttp)
        {
            connection.Detector.IgnoreForeign(InvalidReason.HeadTooLarge);
        }
        else if (stream == connection.Responses && MustWait(stream))
        {
            CountUnsolicited();
            Resynchronizer.LoseTrack(UnpairedReason.Gap, isNothingOwed: false);
            connection.Seek(stream);
        }
        else
        {
            OnInvalid(reader, InvalidReason.HeadTooLarge, reader.Held, reader.ReadEnd);
        }
    }

    /// <summary>A direction will carry no more bytes, which ends a response without a length.</summary>
    public void OnStreamEnd(ByteStream stream)
    {
        var reader = stream.Reader;
        if (connection.IsHttp && stream == connection.Responses && reader.State == ReaderState.Body
            && reader.KnownRemaining == long.MaxValue)
            reader.EndMessage();
    }

    public void Reset()
    {
        _queue.Reset();
        _isLast = false;
    }

    /// <summary>The connection ends: remaining requests are submitted as unfinished, or only counted.</summary>
    public void EndLeftovers(bool isShutdown, EndedBy endedBy, long timeNanoseconds)
    {
        var (requests, responses) = (connection.Requests.Reader, connection.Responses.Reader);
        _unfinished ??= new UnfinishedExchanges(connection, services, _queue);
        bool isAnswered = _unfinished.End(isShutdown, responses.HasHeld, endedBy, timeNanoseconds);
        if (responses.HasHeld && !isAnswered) CountUnsolicited();
        if (requests.Held.IndexOfAnyExcept("\r\n"u8) < 0) return;
        if (isShutdown)
        {
            services.CountUnpaired(connection, UnpairedReason.InFlight);
            return;
        }

        HeadReader.TryReadRequest(requests.Held, out _, out var reason);
        Statistics.Anomalies.Count(reason);
        services.CountUnpaired(connection, reason == InvalidReason.None ? UnpairedReason.RequestIncomplete : UnpairedReason.InvalidRequest);
    }

    /// <summary>
    /// Counts a response without a request. If bytes of requests were missed or not understood, the response may have had one.
    /// </summary>
    public void CountUnsolicited()
    {
        services.CountUnpaired(connection, UnpairedReason.ResponseWithoutRequest);
        if (Resynchronizer.State == PairingState.Certain) Statistics.Anomalies.Count(ConnectionAnomaly.UnsolicitedResponse);
    }

    // The requests read so far still get their responses, including one with a faulty body, or one of which only the start line was read.
    private void OnInvalidRequest(MessageReader reader, InvalidReason reason, ReadOnlySpan<byte> bytes)
    {
        if (reader.State == ReaderState.Body) _queue.FailRequest(reason);
        else if (!Resynchronizer.IsUncertain && !(reason == InvalidReason.HeadTooLarge && _faulty.TryOffer(bytes, reason)))
            services.CountUnpaired(connection, UnpairedReason.InvalidRequest);
        Resynchronizer.OnRequestsLost();
    }

    // If a response has a faulty line, its status is certain; its end, and what follows, is not.
    private void OnInvalidResponse(MessageReader reader, InvalidReason reason, ReadOnlySpan<byte> bytes)
    {
        if (Resynchronizer.IsUncertain)
        {
            Resynchronizer.Contradict();
            return;
        }

        if (!_faulty.TryFailResponse(reader, reason, bytes)) services.CountUnpaired(connection, UnpairedReason.InvalidResponse);
        Resynchronizer.LoseTrack(UnpairedReason.NoResponse, isNothingOwed: false);
    }

    /// <summary>
    /// If positions are unknown, a response waits for its request, because another thread may read the response before the writing call
    /// returns. Bytes after a CONNECT wait for its response, which determines whether they are HTTP at all.
    /// </summary>
    private bool MustWait(ByteStream stream)
    {
        if (stream == connection.Requests)
            return _queue.Count > 0 && _queue.Newest.Request.Method == RequestMethod.Connect && !_queue.Newest.ResponseDone;
        bool mayBeEarly = !Resynchronizer.IsUncertain && !stream.Reader.Arrival.Opposite.IsKnown;
        return mayBeEarly && !_queue.HasUnanswered;
    }
}
