namespace NetProfiler.Analysis.Connections;

/// <summary>What speaks for the candidate of an uncertain connection being answered by what follows it.</summary>
internal sealed class PairingEvidence
{
    /// <summary>Interlocked cycles after which a client is taken to wait for each answer.</summary>
    private const int HabitCycles = 8;

    /// <summary>Least time in which nothing moved that counts as quiet.</summary>
    private const long MinQuietNanoseconds = 100_000_000;

    /// <summary>And it must be as many times as long as the longest answer took to begin.</summary>
    private const int QuietFactor = 8;

    // No answer was owed when the search began.
    private bool _isNothingOwed;

    // The candidate came after a silence; a candidate before it had evidence already.
    private bool _isQuiet;
    private bool _hasEarlierProof;
    private int _cycles;
    private int _turns;
    private long _longestAnswerNanoseconds;

    /// <summary>
    /// A request came before the answer to the one before it had ended. For good: such a client is never assumed to wait.
    /// </summary>
    public bool IsPipelined { get; private set; }

    /// <summary>The candidate follows, without a byte between, one that was answered just as it should be.</summary>
    public bool IsConfirmed { get; private set; }

    public bool IsProof => _hasEarlierProof || _isNothingOwed || (_isQuiet && IsConfirmed);

    public bool IsHabit => !IsPipelined && (_turns >= HabitCycles || _cycles >= HabitCycles);

    public long QuietThresholdNanoseconds => long.Max(MinQuietNanoseconds, QuietFactor * _longestAnswerNanoseconds);

    public void OnPipelined() => IsPipelined = true;

    /// <summary>A request on a certain connection.</summary>
    /// <param name="isInterlocked">The one before it was answered, and the client had all of the answer.</param>
    public void OnTurn(bool isInterlocked)
    {
        if (isInterlocked) _turns++;
        else IsPipelined = true;
    }

    public void OnAnswer(long nanoseconds) => _longestAnswerNanoseconds = long.Max(_longestAnswerNanoseconds, nanoseconds);

    /// <summary>The connection was certain, and is not any more.</summary>
    public void OnLoss(bool isNothingOwed)
    {
        Forget();
        _isNothingOwed = isNothingOwed;
    }

    /// <summary>Something was passed over that may have been a message.</summary>
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

    /// <summary>The candidate was answered as it should be; the next request is the candidate.</summary>
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
