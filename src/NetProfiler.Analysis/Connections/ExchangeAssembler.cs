using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>Puts the messages of both directions together: each response belongs to the oldest request without one.</summary>
internal sealed class ExchangeAssembler(Connection connection, ConnectionServices services) : IMessageSink
{
    private readonly PendingExchanges _pending = new();

    // One end said "close": no request should follow.
    private bool _isLast;

    /// <summary>Requests whose exchange is not complete.</summary>
    public int Count => _pending.Count;

    public bool IsWaiting => _pending.Count > 0;

    /// <summary>The answer to the newest request began before its end was seen.</summary>
    public bool IsNewestAnsweredEarly => _pending.Count > 0 && _pending.Newest is { ResponseBegun: true, RequestDone: false };

    public bool IsByteExact => false;

    public bool MayBegin(MessageReader reader, ReadOnlySpan<byte> bytes, bool isCallStart) =>
        connection.Resynchronizer.MayBegin(connection.StreamOf(reader), bytes, isCallStart);

    public ExpectedMessage Expect(MessageReader reader, ReadOnlySpan<byte> bytes)
    {
        var stream = connection.StreamOf(reader);
        if (!connection.IsHttp && !connection.Detector.TryDecide(stream, bytes))
            return connection.Detector.Protocol == Protocol.Ignored ? ExpectedMessage.Nothing : ExpectedMessage.Unknown;
        if (MustWait(stream)) return ExpectedMessage.Unknown;
        return stream == connection.Requests ? ExpectedMessage.Request : ExpectedMessage.Response;
    }

    public void OnRequest(MessageReader reader, in RequestHead head, ReadOnlySpan<byte> bytes, ulong position)
    {
        if (_pending.Count == PendingExchanges.MaxPendingRequests)
        {
            services.CountUnpaired(connection, UnpairedReason.TooManyPending);
            connection.Resynchronizer.LoseTrack(UnpairedReason.TooManyPending, owed: 2);
            return;
        }

        if (!connection.Resynchronizer.MayBeginRequest(head.Method)) return;
        var stream = connection.Requests;
        if (connection.Local.Kind == EndpointKind.Unix) services.Kernel.TimeCalls();
        var anomalies = services.Statistics.Anomalies;
        anomalies.Count(head.Framing.Anomalies);
        if (_isLast) anomalies.Count(ConnectionAnomaly.RequestAfterClose);
        _isLast |= head.Framing.Close;
        var arrival = reader.Arrival;
        ref var pending = ref _pending.Add();
        pending.Begin(head, bytes, stream.Direction == Direction.Egress ? arrival.CallNanoseconds : arrival.ReturnNanoseconds, arrival.ReadyAt(position));
        pending.RetransmissionsBefore = connection.Retransmissions;
        connection.Content.HoldRequest(stream, ref pending, position, head.Length, services.Holding);

        reader.BeginBody(head.Length, BodyLength.OfRequest(head));
        var responses = connection.Responses;
        if (responses.Reader.HasHeld && !MustWait(responses)) responses.Reader.ReadHeld();
    }

    public void OnResponse(MessageReader reader, in ResponseHead head, ReadOnlySpan<byte> bytes, ulong position)
    {
        ref var pending = ref _pending.Oldest;
        services.Statistics.Anomalies.Count(head.Framing.Anomalies);
        if (head.IsInformational && head.Status != 101)
        {
            pending.ResponseBytes += head.Length;
            return;
        }

        _isLast |= head.Framing.Close;
        connection.Resynchronizer.OnResponse(_pending.Count);
        pending.Response = head;
        pending.ResponseBegun = true;
        pending.ResponseArrivedNanoseconds = reader.Arrival.ReadyAt(position);
        pending.ResponseCallNanoseconds = reader.Arrival.CallNanoseconds;
        pending.ResponseStartNanoseconds = reader.Arrival.ReturnNanoseconds;
        connection.Content.HoldResponse(connection.Responses, ref pending, position, bytes);

        var length = BodyLength.OfResponse(head, pending.Request.Method);
        if (length.Kind == BodyKind.Tunnel && !pending.RequestDone) CutRequest(ref pending);
        reader.BeginBody(head.Length, length);
        if (length.Kind == BodyKind.Tunnel) BeginTunnel(reader);
    }

    public void OnBody(MessageReader reader, ReadOnlySpan<byte> bytes, ulong position) =>
        connection.Content.HoldBody(connection.StreamOf(reader), bytes, position);

    public void OnContent(MessageReader reader, ReadOnlySpan<byte> content, ulong position)
    {
    }

    public void OnBodyPassed(MessageReader reader, long count, ulong position) =>
        connection.Content.CutBody(connection.StreamOf(reader), count, position);

    public void OnMessageEnd(MessageReader reader)
    {
        var stream = connection.StreamOf(reader);
        connection.Skipping.TakeBack(stream);
        if (stream == connection.Requests) EndRequest(stream);
        else EndResponse(stream);
    }

    /// <summary>The bytes are not what should stand here.</summary>
    public void OnInvalid(MessageReader reader, InvalidReason reason, ulong position)
    {
        services.Statistics.Anomalies.Count(reason);
        if (connection.StreamOf(reader) == connection.Requests)
        {
            // Requests up to here still get their answers, one with a faulty body too; what follows cannot be told apart.
            if (reader.State == ReaderState.Body) reader.EndMessage();
            else services.CountUnpaired(connection, UnpairedReason.InvalidRequest);
            reader.Stop();
            return;
        }

        services.CountUnpaired(connection, UnpairedReason.InvalidResponse);
        _pending.RemoveOldest();
        connection.Detector.Ignore();
    }

    /// <summary>More came than can be held: a head without an end, or a response for which no request shows up.</summary>
    public void OnHeldTooMuch(MessageReader reader)
    {
        reader.DropHeld();
        var stream = connection.StreamOf(reader);
        if (!connection.IsHttp)
        {
            connection.Detector.IgnoreForeign(default);
        }
        else if (stream == connection.Responses && MustWait(stream))
        {
            CountUnsolicited();
            connection.Resynchronizer.LoseTrack(UnpairedReason.Gap, owed: 0);
        }
        else
        {
            OnInvalid(reader, InvalidReason.HeadTooLarge, reader.ReadEnd);
        }
    }

    /// <summary>A direction will carry no more bytes: that ends a response without a length.</summary>
    public void OnStreamEnd(ByteStream stream)
    {
        var reader = stream.Reader;
        if (connection.IsHttp && stream == connection.Responses && reader.State == ReaderState.Body && reader.KnownRemaining == long.MaxValue)
            reader.EndMessage();
    }

    /// <summary>What is held of the message that a stream is in; null: nothing.</summary>
    public HeldMessage? HeldOf(ByteStream stream)
    {
        if (_pending.Count == 0) return null;
        return stream == connection.Requests ? _pending.Newest.Held?.Request : _pending.Oldest.Held?.Response;
    }

    /// <summary>No later response can be matched to the requests that wait.</summary>
    public void Forget(UnpairedReason reason)
    {
        services.CountUnpaired(connection, reason, _pending.Count);
        _pending.Clear();
    }

    /// <summary>The connection is of no interest any more.</summary>
    public void Abandon() => Forget(UnpairedReason.NoResponse);

    public void Reset()
    {
        _pending.Clear();
        _isLast = false;
    }

    /// <summary>The connection ends: what is left becomes an exchange, or is counted.</summary>
    public void CountLeftovers(bool isShutdown)
    {
        var statistics = services.Statistics;
        var (requests, responses) = (connection.Requests.Reader, connection.Responses.Reader);

        // An early response's request never came to its end: it is what came of it.
        if (_pending.Count > 0 && _pending.Oldest.ResponseDone)
        {
            CutRequest(ref _pending.Oldest);
            statistics.Anomalies.Count(ConnectionAnomaly.EarlyResponse);
            Emit();
        }

        bool isAnswered = _pending.Count > 0 && (_pending.Oldest.ResponseBegun || responses.HasHeld);
        if (isAnswered && !isShutdown)
        {
            services.CountUnpaired(connection, UnpairedReason.ResponseIncomplete);
            _pending.RemoveOldest();
        }

        Forget(isShutdown ? UnpairedReason.InFlight : connection.Resynchronizer.IsUncertain ? UnpairedReason.Gap : UnpairedReason.NoResponse);
        if (responses.HasHeld && !isAnswered) CountUnsolicited();
        if (requests.Held.IndexOfAnyExcept("\r\n"u8) >= 0)
            services.CountUnpaired(connection, isShutdown ? UnpairedReason.InFlight : UnpairedReason.RequestIncomplete);
    }

    private void EndRequest(ByteStream stream)
    {
        ref var request = ref _pending.Newest;
        TakeSizes(ref request);

        // By the clock, not by the order of events: another thread may see the answer before the writing call returned.
        if (request.ResponseBegun && stream.Reader.Arrival.CallNanoseconds > request.ResponseStartNanoseconds)
            services.Statistics.Anomalies.Count(ConnectionAnomaly.EarlyResponse);
        if (request.ResponseDone) Emit();
    }

    private void EndResponse(ByteStream stream)
    {
        ref var pending = ref _pending.Oldest;
        pending.ResponseBytes += stream.Reader.MessageBytes;
        pending.ResponseBodyBytes = stream.Reader.ContentBytes;
        pending.ResponseEndNanoseconds = stream.LatestNanoseconds;
        pending.ResponseDone = true;
        connection.Resynchronizer.OnAnswered();
        if (pending.RequestDone) Emit();
    }

    /// <summary>The request under way will not come to its end: it is what came of it.</summary>
    private void CutRequest(ref PendingExchange request)
    {
        TakeSizes(ref request);
        request.Held?.Request.CutBody();
    }

    private void TakeSizes(ref PendingExchange request)
    {
        var stream = connection.Requests;
        request.RequestDone = true;
        request.RequestEndNanoseconds = stream.LatestNanoseconds;
        request.RequestBytes = stream.Reader.MessageBytes;
        request.RequestBodyBytes = stream.Reader.ContentBytes;
    }

    private void BeginTunnel(MessageReader reader)
    {
        connection.Requests.Reader.DropHeld(); // sent ahead of the answer, into the tunnel
        reader.EndMessage();
        services.Statistics.ConnectionsTunneled++;
        connection.Detector.Ignore();
    }

    private void Emit()
    {
        bool wasConnect = _pending.Oldest.Request.Method == RequestMethod.Connect;
        services.Statistics.Exchanges++;
        services.Sink.Accept(new Exchange(connection, in _pending.Oldest));
        _pending.RemoveOldest();

        var requests = connection.Requests.Reader;
        if (wasConnect && requests.HasHeld && connection.IsHttp) requests.ReadHeld();
    }

    /// <summary>
    /// A response waits for its request: another thread may see the answer before the writing call returned. What follows
    /// a CONNECT waits for its answer, which says whether it is HTTP at all.
    /// </summary>
    private bool MustWait(ByteStream stream)
    {
        if (stream == connection.Requests) return _pending.Count > 0 && _pending.Newest.Request.Method == RequestMethod.Connect;
        return _pending.Count == 0 || _pending.Oldest.ResponseDone;
    }

    // Where bytes of requests were missed or not understood, it may have had one.
    private void CountUnsolicited()
    {
        services.CountUnpaired(connection, UnpairedReason.ResponseWithoutRequest);
        if (!connection.Resynchronizer.IsUncertain && connection.Requests.Reader.State != ReaderState.Stopped)
            services.Statistics.Anomalies.Count(ConnectionAnomaly.UnsolicitedResponse);
    }
}
