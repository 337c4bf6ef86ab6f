namespace NetProfiler.Analysis.Tests.Support;

/// <summary>CLOCK_MONOTONIC, moved by hand.</summary>
internal sealed class ManualTime
{
    public long Nanoseconds { get; private set; } = 1_000_000_000;

    public void Advance(long nanoseconds) => Nanoseconds += nanoseconds;
}
