using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>Decides which messages can be paired after a loss, and on a connection that was joined in the middle.</summary>
/// <remarks>
/// The rules, and the histories that no rule can distinguish, are in docs/http1.md. The work per message is constant. Content alone is not
/// proof, because a body may contain whole messages; positions are. The first exchange after a loss is counted and never submitted.
/// </remarks>
internal sealed class Resynchronizer(Connection connection, ConnectionServices services)
{
    private readonly PairingEvidence _evidence = new();
    private int _draining;
    private ulong _answerEnd;
    private ulong _candidateCall; // start of the call that brought the candidate

    // Number of exchanges submitted as assumed since the last proof.
    private int _assumed;

    public PairingState State { get; private set; }

    /// <summary>Position at which the candidate's response must begin.</summary>
    public ulong AnswerAt { get; private set; }

    private PendingQueue Queue => connection.Assembler.Queue;

    /// <summary>The candidate of an uncertain connection has been answered, and there is evidence for the pairing.</summary>
    public bool IsCandidateProven => State == PairingState.Answered && _evidence.IsConfirmed && _evidence.IsProof;

    public bool IsUncertain => State > PairingState.Draining;

    /// <summary>The connection is older than the capture: the outstanding responses are unknown.</summary>
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

    /// <summary>Bytes that may contain messages were skipped.</summary>
    public void OnSkipped() => _evidence.OnSkipped();

    /// <summary>Handles a request's head. True if it is queued. False if it is counted, and read only to find the next one.</summary>
    public bool OnRequest(in RequestHead head, ulong position, in Arrival arrival)
    {
        ulong bound = BoundOf(arrival);
        switch (State)
        {
            case PairingState.Certain:
                _evidence.OnTurn(Queue.Count == 0 && (_answerEnd == 0 || bound == _answerEnd));
                return true;
            case PairingState.Draining: // its response follows those that are waited for
                _evidence.OnPipelined();
                _evidence.OnSkipped();
                return false;
            case PairingState.Waiting:
                bool isPipelined = bound <= Queue.CandidateBound;
                // A part of an upload may contain two requests: that alone is not evidence of pipelining.
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

    /// <summary>Handles a response's head. True if it answers the oldest request. If not, the search for the next message begins.</summary>
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

    /// <summary>The oldest request's whole response ends here. True if its exchange is submitted once the request has ended.</summary>
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

    /// <summary>Called when an exchange leaves the queue.</summary>
    public void OnExchange()
    {
        if (State != PairingState.Draining || --_draining > 0) return;
        State = PairingState.Seeking;
        connection.Seek(connection.Responses);
    }

    /// <summary>Bytes between two responses were missed; they may have contained the response to an earlier request.</summary>
    /// <param name="isOnlyOldestAnswered">Only the response to the oldest request can have been there (F9 of the rules).</param>
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

    /// <summary>The next bytes of the requests cannot be read; the queued requests still get their responses.</summary>
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

    /// <summary>The waiting requests cannot be matched with responses; resynchronizes.</summary>
    public void LoseTrack(UnpairedReason reason, bool isNothingOwed)
    {
        services.Statistics.Resynchronisations++;
        Queue.Forget(reason);
        if (State <= PairingState.Draining) _evidence.OnLoss(isNothingOwed && State == PairingState.Certain);
        else _evidence.OnSkipped();
        State = PairingState.Seeking;
        _draining = _assumed = 0;
    }

    /// <summary>The bytes contradict the assumption about the candidate.</summary>
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

    /// <summary>Makes a request the candidate for a new start. An unregistered method may be the rest of one that was cut.</summary>
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

    /// <summary>Earliest position of the response to a request. If unknown: the end of the response bytes seen so far.</summary>
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
