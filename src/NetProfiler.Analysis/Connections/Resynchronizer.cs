using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>Decides what may be paired where bytes were missed: after a loss, and on a connection that was joined in the middle.</summary>
/// <remarks>
/// The rules, and the histories that no rule can tell apart, are in docs/http1.md. Constant work for each message. Content alone proves
/// nothing here, since a body may hold whole messages: positions do. The first exchange after a loss is counted and never handed over.
/// </remarks>
internal sealed class Resynchronizer(Connection connection, ConnectionServices services)
{
    private readonly PairingEvidence _evidence = new();
    private int _draining;
    private ulong _answerEnd;
    private ulong _candidateCall; // where the call began that brought the candidate

    // Handed over as assumed since the last proof.
    private int _assumed;

    public PairingState State { get; private set; }

    /// <summary>Where the candidate's answer must begin.</summary>
    public ulong AnswerAt { get; private set; }

    private PendingQueue Queue => connection.Assembler.Queue;

    /// <summary>The candidate of an uncertain connection is seen as answered, and there is evidence that it is what it seems.</summary>
    public bool IsCandidateProven => State == PairingState.Answered && _evidence.IsConfirmed && _evidence.IsProof;

    public bool IsUncertain => State > PairingState.Draining;

    /// <summary>The connection is older than the capture: what is owed is not known.</summary>
    public void Seek()
    {
        State = PairingState.Seeking;
        connection.Ingress.Reader.Seek();
        connection.Egress.Reader.Seek();
    }

    public void Reset()
    {
        State = PairingState.Certain;
        _evidence.Reset();
        _draining = _assumed = 0;
        AnswerAt = _answerEnd = _candidateCall = 0;
    }

    /// <summary>Bytes were passed over that may hold messages.</summary>
    public void OnSkipped() => _evidence.OnSkipped();

    /// <summary>Processes a request's head. True if it is queued; false if it is only counted, and its body skipped.</summary>
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

    /// <summary>Processes a response's head. True if it belongs to the oldest queued request; false if it belongs to none.</summary>
    public bool OnResponse(in ResponseHead head, ulong position, in OppositePosition opposite)
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
        bool isAnswer = State == PairingState.Waiting && position == AnswerAt && Queue.IsAnswer(position, opposite) &&
            Queue.Oldest.IsAlone(opposite, isInformational, connection.Role == EndpointRole.Client);
        if (!isAnswer)
        {
            if (State == PairingState.Answered) _evidence.OnPipelined();
            if (State != PairingState.Waiting) services.CountUnpaired(connection, UnpairedReason.ResponseWithoutRequest);
            Contradict();
            connection.Seek(connection.Responses);
            return false;
        }

        if (isInformational) AnswerAt = position + (ulong)head.Length;
        else State = PairingState.Answering;
        return true;
    }

    /// <summary>Processes the end of a complete response. True if its exchange is reported once the request has ended.</summary>
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

    /// <summary>Bytes between two responses were missed: a request in front of them may have had its answer there.</summary>
    /// <param name="isOnlyOldestAnswered">Only the answer to the oldest request can have been there (F9 of the rules).</param>
    public void OnResponsesLost(bool isOnlyOldestAnswered)
    {
        if (!IsUncertain)
        {
            LoseTrack(UnpairedReason.Gap, isOnlyOldestAnswered && !_evidence.IsPipelined);
            return;
        }

        if (State != PairingState.Seeking) _evidence.OnSkipped();
        DropCandidate(UnpairedReason.Gap);
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

    /// <summary>What waits cannot be matched with an answer; resynchronises.</summary>
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
        AnswerAt = bound;
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
        AnswerAt = bound;
        State = PairingState.Waiting;
        return true;
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
