using System.Buffers;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>Decides what may be paired where bytes were missed: after a loss, and on a connection that was joined in the middle.</summary>
/// <remarks>
/// The rules, and the histories that no rule can tell apart, are in docs/http1.md. Constant work for each message. Content alone proves
/// nothing here, since a body may hold whole messages: positions do. The first exchange after a loss is counted and never handed over.
/// </remarks>
internal sealed class Resynchronizer(Connection connection, ConnectionServices services)
{
    /// <summary>Bytes missed between two requests that cannot have been a whole one: the shortest is "GET / HTTP/1.1" with its line ends.</summary>
    private const int MinRequestBytes = 16;

    private readonly PairingEvidence _evidence = new();
    private int _draining;
    private ulong _answerAt;
    private ulong _answerEnd;

    // Where the call began that brought the candidate.
    private ulong _candidateCall;

    // Handed over as assumed since the last proof.
    private int _assumed;

    public PairingState State { get; private set; }

    private PendingQueue Queue => connection.Assembler.Queue;

    /// <summary>The candidate of an uncertain connection is seen as answered, and there is evidence that it is what it seems.</summary>
    public bool IsCandidateProven => State == PairingState.Answered && _evidence.IsConfirmed && _evidence.IsProof;

    public bool IsUncertain => State > PairingState.Draining;

    public void Open(bool isFromStart)
    {
        if (isFromStart) return;
        State = PairingState.Seeking;
        connection.Ingress.Reader.Seek();
        connection.Egress.Reader.Seek();
    }

    public void Reset()
    {
        State = PairingState.Certain;
        _evidence.Reset();
        _draining = _assumed = 0;
        _answerAt = _answerEnd = _candidateCall = 0;
    }

    /// <summary>Whether a head begins with these bytes, though the stream's framing is not known.</summary>
    public bool MayBegin(ByteStream stream, ReadOnlySpan<byte> bytes, ulong position, bool isCallStart)
    {
        var request = isCallStart ? HeadReader.LooksLikeRequest(bytes) : OperationStatus.InvalidData;
        var response = isCallStart ? HeadReader.LooksLikeResponse(bytes) : OperationStatus.InvalidData;
        if (connection.Detector.Protocol == Protocol.Undecided) connection.Detector.Decide(stream, request, response);
        if (!connection.IsHttp) return false;
        if (State == PairingState.Seeking && !connection.IsFromStart) connection.Detector.Reconsider(stream, request, response);
        if (stream == connection.Requests)
        {
            if (request == OperationStatus.Done) return true;
            _evidence.OnSkipped();
            return false;
        }

        return State == PairingState.Waiting && IsCandidatesAnswer(bytes, position, response);
    }

    /// <summary>A request's head. True: it is put into the queue. False: it is counted, and its body is read so that the next one is found.</summary>
    public bool OnRequest(in RequestHead head, ulong position, in Arrival arrival)
    {
        ulong bound = BoundOf(arrival);
        switch (State)
        {
            case PairingState.Certain:
                _evidence.OnTurn(Queue.Count == 0 && (_answerEnd == 0 || bound == _answerEnd));
                return true;
            case PairingState.Draining: // its answer is owed behind those that are waited for
                _evidence.OnPipelined();
                _evidence.OnSkipped();
                return false;
            case PairingState.Waiting:
                bool isPipelined = bound <= Queue.CandidateBound;
                // An upload's piece may hold two requests: that alone does not say that the client pipelines.
                bool isSure = isPipelined && (_evidence.IsConfirmed || arrival.Position != _candidateCall);
                Contradict();
                if (isSure) _evidence.OnPipelined();
                return !isPipelined && Begin(head, bound, position, arrival);
            case PairingState.Answering:
                Contradict();
                _evidence.OnPipelined();
                connection.Seek(connection.Responses);
                return false;
            case PairingState.Answered:
                return OnNextRequest(head, bound, position, arrival);
            default:
                return Begin(head, bound, position, arrival);
        }
    }

    /// <summary>A response's head. True: it belongs to the oldest request of the queue. False: it belongs to none, and what follows is sought.</summary>
    public bool OnResponse(in ResponseHead head, ulong position, OppositePosition opposite)
    {
        if (State <= PairingState.Draining)
        {
            if (Queue.IsAnswer(position, opposite)) return true;
            if (!Queue.HasUnanswered) connection.Assembler.CountUnsolicited();
            LoseTrack(UnpairedReason.Unproven, isNothingOwed: false);
            connection.Seek(connection.Responses);
            return false;
        }

        bool isInformational = head.IsInformational && head.Status != 101;
        bool isAnswer = State == PairingState.Waiting && position == _answerAt && Queue.IsAnswer(position, opposite) &&
            Queue.IsAlone(opposite, isInformational);
        if (!isAnswer)
        {
            if (State == PairingState.Answered) _evidence.OnPipelined();
            if (State != PairingState.Waiting) services.CountUnpaired(connection, UnpairedReason.ResponseWithoutRequest);
            Contradict();
            connection.Seek(connection.Responses);
            return false;
        }

        if (isInformational) _answerAt = position + (ulong)head.Length;
        else State = PairingState.Answering;
        return true;
    }

    /// <summary>The oldest request's response, of which all was seen, ends here. True: its exchange is handed over when the request has ended too.</summary>
    public bool OnAnswered(ulong end, long nanoseconds, out PairingClass pairing)
    {
        pairing = PairingClass.Proven;
        _answerEnd = end;
        _evidence.OnAnswer(nanoseconds);
        if (State <= PairingState.Draining) return true;

        State = PairingState.Answered;
        if (!_evidence.IsConfirmed || _evidence.IsProof || !_evidence.IsHabit) return false;
        pairing = PairingClass.Assumed;
        _assumed++;
        return true;
    }

    /// <summary>An exchange left the queue.</summary>
    public void OnExchange()
    {
        if (State != PairingState.Draining || --_draining > 0) return;
        State = PairingState.Seeking;
        connection.Seek(connection.Responses);
    }

    /// <summary>Bytes that are no part of a body of known length were missed.</summary>
    public void OnMissing(ByteStream stream, long count, GapReason reason)
    {
        var reader = stream.Reader;
        bool isOfNoInterest = reader.State == ReaderState.Stopped || (reader.State == ReaderState.Seeking && Queue.Count == 0);
        if (connection.Detector.Protocol == Protocol.Ignored || isOfNoInterest) services.Statistics.DiscardedBytes += count;
        else services.Statistics.CountGap(reason, count);

        if (connection.Detector.Protocol == Protocol.Ignored || reader.State == ReaderState.Stopped) return;
        if (!connection.IsHttp) LoseTrack(UnpairedReason.Gap, isNothingOwed: false);
        else if (stream == connection.Requests) OnMissingRequests(reader, count);
        else OnMissingResponses(reader);
        connection.Seek(stream);
    }

    /// <summary>What follows in the requests cannot be read: those in the queue still get their answers.</summary>
    public void OnRequestsLost(bool isNothingOwed = false)
    {
        if (State == PairingState.Certain)
        {
            services.Statistics.Resynchronisations++;
            _draining = Queue.CutNewest();
            State = _draining > 0 ? PairingState.Draining : PairingState.Seeking;
            _evidence.OnLoss(isNothingOwed);
            return;
        }

        if (State == PairingState.Draining) Queue.CutNewest();
        else DropCandidate(UnpairedReason.Gap);
        _evidence.OnSkipped();
    }

    /// <summary>What waits gets no answer that could be told to be its own; a new beginning is sought.</summary>
    public void LoseTrack(UnpairedReason reason, bool isNothingOwed)
    {
        services.Statistics.Resynchronisations++;
        Queue.Forget(reason);
        if (State <= PairingState.Draining) _evidence.OnLoss(isNothingOwed && State == PairingState.Certain);
        else _evidence.OnSkipped();
        State = PairingState.Seeking;
        _draining = _assumed = 0;
    }

    /// <summary>The bytes say otherwise than the candidate would have it.</summary>
    public void Contradict()
    {
        if (_assumed > 0)
        {
            services.Statistics.ExchangesRefuted += _assumed;
            services.Sink.AcceptRefuted(connection, _assumed);
        }

        DropCandidate(UnpairedReason.Unproven);
        _evidence.OnSkipped();
    }

    // A request in front of the gap may have had its answer in it; F9 of the rules says when no later one can.
    private void OnMissingResponses(MessageReader responses)
    {
        if (IsUncertain)
        {
            if (State != PairingState.Seeking) _evidence.OnSkipped();
            DropCandidate(UnpairedReason.Gap);
            return;
        }

        var requests = connection.Requests.Reader;
        bool isUnsure = requests.HasHeld || requests.State == ReaderState.Seeking || _evidence.IsPipelined;
        LoseTrack(UnpairedReason.Gap, !isUnsure && Queue.IsOnlyOldestUnanswered);
    }

    private void OnMissingRequests(MessageReader requests, long count) => OnRequestsLost(count < MinRequestBytes && !requests.HasHeld);

    private bool OnNextRequest(in RequestHead head, ulong bound, ulong position, in Arrival arrival)
    {
        if (position != Queue.CandidateEnd || bound != _answerEnd)
        {
            Contradict();
            return bound >= _answerEnd && Begin(head, bound, position, arrival);
        }

        bool isQuiet = IsQuiet(arrival, position);
        bool isProven = _evidence.IsConfirmed && _evidence.IsProof;
        bool isCertain = isProven || (_evidence.IsConfirmed && isQuiet);
        Queue.CompleteCandidate(isProven);
        if (isCertain)
        {
            State = PairingState.Certain;
            _assumed = 0;
            _evidence.OnCertain();
            return true;
        }

        _evidence.OnCycle(isQuiet);
        _candidateCall = arrival.Position;
        _answerAt = bound;
        State = PairingState.Waiting;
        return true;
    }

    /// <summary>A candidate for a new beginning. A method that nobody registered may be the rest of one that was cut.</summary>
    private bool Begin(in RequestHead head, ulong bound, ulong position, in Arrival arrival)
    {
        State = PairingState.Seeking;
        if (head.Method == RequestMethod.Other || connection.Responses.Position > bound)
        {
            _evidence.OnSkipped();
            return false;
        }

        _evidence.OnCandidate(IsQuiet(arrival, position));
        _candidateCall = arrival.Position;
        _answerAt = bound;
        State = PairingState.Waiting;
        return true;
    }

    private bool IsCandidatesAnswer(ReadOnlySpan<byte> bytes, ulong position, OperationStatus looksLikeResponse)
    {
        if (position == _answerAt && looksLikeResponse != OperationStatus.InvalidData) return true;
        if (position + (ulong)bytes.Length > _answerAt) Contradict();
        return false;
    }

    /// <summary>Where the answer to a request begins at the earliest. Where positions are not known: not before what was seen.</summary>
    public ulong BoundOf(in Arrival arrival) => arrival.Opposite.IsKnown ? arrival.Opposite.There : connection.Responses.Position;

    private bool IsQuiet(in Arrival arrival, ulong position) =>
        position == arrival.Position && arrival.Opposite.QuietNanoseconds >= _evidence.QuietThresholdNanoseconds;

    private void DropCandidate(UnpairedReason reason)
    {
        Queue.Forget(reason);
        State = PairingState.Seeking;
        _assumed = 0;
    }
}
