namespace NetProfiler.Analysis.Connections;

/// <summary>Evidence that the candidate of an uncertain connection is answered by the response that follows it.</summary>
internal sealed class PairingEvidence
{
    /// <summary>Number of interlocked cycles after which a client is assumed to wait for each response.</summary>
    private const int HabitCycles = 8;

    /// <summary>Minimum duration without traffic that counts as quiet.</summary>
    private const long MinQuietNanoseconds = 100_000_000;

    /// <summary>A quiet period must also be this many times as long as the longest response delay.</summary>
    private const int QuietFactor = 8;

    // No response was outstanding when the search began.
    private bool _isNothingOwed;

    // The candidate followed a quiet period; an earlier candidate already had evidence.
    private bool _isQuiet;
    private bool _hasEarlierProof;
    private int _cycles;
    private int _turns;
    private long _longestAnswerNanoseconds;

    /// <summary>
    /// A request arrived before the response to the previous one had ended. Never reset: such a client is never assumed to wait.
    /// </summary>
    public bool IsPipelined { get; private set; }

    /// <summary>The candidate directly follows, without a byte in between, a candidate that was answered as expected.</summary>
    public bool IsConfirmed { get; private set; }

    public bool IsProof => _hasEarlierProof || _isNothingOwed || (_isQuiet && IsConfirmed);

    public bool IsHabit => !IsPipelined && (_turns >= HabitCycles || _cycles >= HabitCycles);

    public long QuietThresholdNanoseconds => long.Max(MinQuietNanoseconds, QuietFactor * _longestAnswerNanoseconds);

    public void OnPipelined() => IsPipelined = true;

    /// <summary>A request on a certain connection.</summary>
    /// <param name="isInterlocked">The previous request was answered, and the client had received the whole response.</param>
    public void OnTurn(bool isInterlocked)
    {
        if (isInterlocked) _turns++;
        else IsPipelined = true;
    }

    public void OnAnswer(long nanoseconds) => _longestAnswerNanoseconds = long.Max(_longestAnswerNanoseconds, nanoseconds);

    /// <summary>The connection has become uncertain.</summary>
    public void OnLoss(bool isNothingOwed)
    {
        Forget();
        _isNothingOwed = isNothingOwed;
    }

    /// <summary>Bytes that may have contained a message were skipped.</summary>
    public void OnSkipped()
    {
        Forget();
        _isNothingOwed = false;
    }

    public void OnCandidate(bool isQuiet)
    {
        Forget();
        _isQuiet = isQuiet;
    }

    /// <summary>The candidate was answered as expected; the next request is the new candidate.</summary>
    public void OnCycle(bool isQuiet)
    {
        _hasEarlierProof = IsProof;
        _cycles++;
        _isQuiet = isQuiet;
        IsConfirmed = true;
    }

    public void OnCertain()
    {
        _turns += _cycles;
        Forget();
        _isNothingOwed = false;
    }

    public void Reset()
    {
        OnSkipped();
        IsPipelined = false;
        _turns = 0;
        _longestAnswerNanoseconds = 0;
    }

    private void Forget()
    {
        _isQuiet = _hasEarlierProof = IsConfirmed = false;
        _cycles = 0;
    }
}
