namespace NetProfiler.Analysis.Sampling;

/// <summary>
/// The budget for searches per second: a bucket that holds one second. A search that exceeds the remaining budget is charged to later ones.
/// </summary>
internal struct SearchBudget(long stepsPerSecond)
{
    private const long SecondNanoseconds = 1_000_000_000;

    private long _perSecond = stepsPerSecond;
    private long _left = stepsPerSecond;
    private long _latestNanoseconds;
    private bool _hasTime;

    public readonly bool IsEmpty => _left <= 0;

    /// <summary>The same budget with another rate.</summary>
    public readonly SearchBudget With(long steps) => this with { _perSecond = steps, _left = long.Min(_left, steps) };

    public void Refill(long nowNanoseconds)
    {
        if (_hasTime && nowNanoseconds <= _latestNanoseconds) return;
        long passed = _hasTime ? long.Min(nowNanoseconds - _latestNanoseconds, SecondNanoseconds) : SecondNanoseconds;
        long added = (long)((Int128)passed * _perSecond / SecondNanoseconds);
        if (added == 0) return; // too short for a whole step: the time is counted later

        _left = long.Min(_left + added, _perSecond);
        _latestNanoseconds = nowNanoseconds;
        _hasTime = true;
    }

    public void Take(long steps) => _left -= steps;
}
