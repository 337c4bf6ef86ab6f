using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>The requests of one connection whose exchanges are incomplete, and their completion.</summary>
internal sealed class PendingQueue(Connection connection, ConnectionServices services)
{
    private readonly PendingExchanges _pending = new(services.Buffers);

    // Set when the queue is full; further requests are counted under that reason.
    private bool _isOverflowed;

    public int Count => _pending.Count;

    /// <summary>Whether the request that is being read is the newest of the queue. If not, it is read only to find the next one.</summary>
    public bool IsReadingNewest { get; private set; }

    public bool IsFull => _pending.Count == PendingExchanges.MaxPendingRequests;

    public ref PendingExchange Oldest => ref _pending.Oldest;
    public ref PendingExchange Newest => ref _pending.Newest;

    public long Memory => _pending.Memory;

    public bool HasUnanswered => _pending.Count > 0 && !_pending.Oldest.ResponseBegun;

    /// <summary>Earliest position of the response to the candidate of an uncertain connection.</summary>
    public ulong CandidateBound { get; private set; }

    /// <summary>Position after the candidate.</summary>
    public ulong CandidateEnd { get; private set; }

    /// <summary>Queues a request by its head, or counts it.</summary>
    public void Offer(in RequestHead head, ReadOnlySpan<byte> bytes, ulong position, in Arrival arrival)
    {
        var resynchronizer = connection.Resynchronizer;
        if (IsFull && resynchronizer.State == PairingState.Certain)
        {
            resynchronizer.OnRequestsLost();
            _isOverflowed = true;
        }

        IsReadingNewest = resynchronizer.OnRequest(head, position, arrival);
        if (!IsReadingNewest)
        {
            services.CountUnpaired(connection, _isOverflowed ? UnpairedReason.TooManyPending : UnpairedReason.Unproven);
            return;
        }

        _isOverflowed = false;
        Add(head, bytes, position, arrival);
    }

    /// <summary>The request that is being read has ended.</summary>
    public void EndRequest()
    {
        if (!IsReadingNewest) return;
        IsReadingNewest = false;
        ref var request = ref _pending.Newest;
        TakeSizes(ref request);

        // Compares times, not the order of events: another thread may read the response before the writing call returns.
        if (request.ResponseBegun && connection.Requests.Reader.Arrival.CallNanoseconds > request.ResponseStartNanoseconds)
            services.Statistics.Anomalies.Count(ConnectionAnomaly.EarlyResponse);
        if (request.ResponseDone) Complete();
    }

    /// <summary>The end of the request that is being read is unknown.</summary>
    public void FailRequest(InvalidReason reason)
    {
        if (!IsReadingNewest) return;
        _pending.Newest.RequestFault = reason;
        EndRequest();
    }

    /// <summary>The response to the oldest request has ended.</summary>
    public void EndResponse()
    {
        var responses = connection.Responses;
        ref var pending = ref _pending.Oldest;
        pending.ResponseBytes += responses.Reader.MessageBytes;
        pending.ResponseBodyBytes = responses.Reader.ContentBytes;
        pending.ResponseEndNanoseconds = responses.LatestNanoseconds;
        pending.ResponseDone = true;
        long waited = pending.ResponseStartNanoseconds - pending.RequestEndNanoseconds;
        bool isComplete = connection.Resynchronizer.OnAnswered(responses.Reader.Next, pending.RequestDone ? waited : 0,
            out pending.Pairing);
        if (pending.RequestDone || pending.IsCut) pending.EndInFlight(); // a candidate remains in the queue
        bool isTunnel = pending.IsTunnel;
        if (isTunnel) connection.Responses.Reader.Stop();
        if (isComplete && (pending.RequestDone || pending.IsCut)) Complete();
        else if (isTunnel && !isComplete) connection.Resynchronizer.LoseTrack(UnpairedReason.Unproven, isNothingOwed: false);
    }

    /// <summary>Whether a response at this position can answer the oldest request, according to the positions of both streams.</summary>
    public bool IsAnswer(ulong position, in OppositePosition opposite) =>
        HasUnanswered && _pending.Oldest.MayBeAnsweredAt(position, opposite);

    /// <summary>Completes the candidate's exchange when its cycle is closed.</summary>
    public void CompleteCandidate(bool isProven)
    {
        if (_pending.Count == 0) return; // already submitted as assumed
        if (isProven) Complete();
        else DropOldest(UnpairedReason.Unproven);
    }

    /// <summary>Bytes of requests are missing. Returns how many requests still get their responses.</summary>
    public int CutNewest()
    {
        if (_pending.Count == 0 || !IsReadingNewest) return _pending.Count;
        IsReadingNewest = false;
        _pending.Newest.IsCut = true;
        if (_pending.Newest.ResponseDone) DropOldest(UnpairedReason.Gap);
        return _pending.Count;
    }

    /// <summary>Drops the waiting requests, because they cannot be matched with their responses.</summary>
    public void Forget(UnpairedReason reason)
    {
        services.CountUnpaired(connection, reason, _pending.Count);
        _pending.Clear();
        IsReadingNewest = false;
    }

    public void Reset()
    {
        _pending.Clear();
        IsReadingNewest = _isOverflowed = false;
        CandidateBound = CandidateEnd = 0;
    }

    /// <summary>Queues a request of which only the start line was read. It waits for its response like any other.</summary>
    public void AddFaulty(in RequestHead line, ReadOnlySpan<byte> bytes, InvalidReason reason)
    {
        var reader = connection.Requests.Reader;
        Add(line, bytes[..line.Length], reader.ReadEnd - (ulong)bytes.Length, reader.HeldSince);
        IsReadingNewest = true;
        FailRequest(reason);
    }

    /// <summary>The oldest request's response ends in a fault: the exchange is complete, its sizes are unknown.</summary>
    public void CompleteFaulty(InvalidReason reason)
    {
        ref var pending = ref _pending.Oldest;
        pending.ResponseFault = reason;
        pending.ResponseEndNanoseconds = connection.Responses.LatestNanoseconds;
        pending.ResponseDone = true;
        if (!pending.RequestDone) CutRequest(ref pending, InvalidReason.Incomplete);
        Complete();
    }

    /// <summary>Removes the oldest request, which will not get a response; the caller counts it.</summary>
    public void RemoveOldest()
    {
        if (_pending.Count == 1) IsReadingNewest = false;
        _pending.RemoveOldest();
        connection.Resynchronizer.OnExchange();
    }

    private void Add(in RequestHead head, ReadOnlySpan<byte> bytes, ulong position, in Arrival arrival)
    {
        var stream = connection.Requests;
        ref var pending = ref _pending.Add();
        pending.Begin(head, bytes, services.Buffers);
        pending.StartNanoseconds = stream.Direction == Direction.Egress ? arrival.CallNanoseconds : arrival.ReturnNanoseconds;
        pending.RequestArrivedNanoseconds = arrival.ReadyAt(position);
        pending.RetransmissionsBefore = connection.Retransmissions;
        pending.Position = position;
        pending.Bound = arrival.Opposite.IsKnown ? arrival.Opposite.There : 0;
        if (connection.Resynchronizer.IsUncertain) CandidateBound = connection.Resynchronizer.BoundOf(arrival);
        connection.Content.HoldRequest(stream, ref pending, position, head.Length, services.Holding);
        pending.CountInFlight(services.Sink.Begin(new Exchange(connection, in pending)));
    }

    /// <summary>The oldest request has its complete response.</summary>
    public void Complete()
    {
        ref var oldest = ref _pending.Oldest;
        if (oldest.IsCut)
        {
            DropOldest(UnpairedReason.Gap);
            return;
        }

        bool wasConnect = oldest.Request.Method == RequestMethod.Connect;
        bool isTunnel = oldest.IsTunnel;
        services.Statistics.Exchanges++;
        if (oldest.Pairing == PairingClass.Assumed) services.Statistics.ExchangesAssumed++;
        services.Sink.Accept(new Exchange(connection, in oldest));
        RemoveOldest();
        if (isTunnel)
        {
            services.Statistics.ConnectionsTunneled++;
            connection.Detector.Ignore();
            return;
        }

        var requests = connection.Requests.Reader;
        if (wasConnect && requests.HasHeld && connection.IsHttp) requests.ReadHeld();
    }

    public void DropOldest(UnpairedReason reason)
    {
        services.CountUnpaired(connection, reason);
        RemoveOldest();
    }

    /// <summary>The request in progress will not be completed: its exchange is submitted with what was read.</summary>
    public void CutRequest(ref PendingExchange request, InvalidReason fault)
    {
        if (request.RequestFault == InvalidReason.None) request.RequestFault = fault;
        TakeSizes(ref request);
        request.Held?.Request.CutBody();
        IsReadingNewest = false;
    }

    private void TakeSizes(ref PendingExchange request)
    {
        var stream = connection.Requests;
        request.RequestDone = true;
        request.RequestEndNanoseconds = stream.LatestNanoseconds;
        request.RequestBytes = stream.Reader.MessageBytes;
        request.RequestBodyBytes = stream.Reader.ContentBytes;
        request.End = CandidateEnd = stream.Reader.Next;
    }
}
