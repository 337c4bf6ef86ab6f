namespace NetProfiler.Cli;

/// <summary>A delay of any length. <see cref="Task.Delay(TimeSpan)"/> throws above 49.7 days.</summary>
public static class LongDelay
{
    /// <summary>The longest delay of one timer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Completes when the time is over.</summary>
    /// <exception cref="OperationCanceledException">The delay was cancelled.</exception>
    public static async Task WaitAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        while (delay - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero)
            await Task.Delay(left < Longest ? left : Longest, time, cancellation).ConfigureAwait(false);
    }
}
