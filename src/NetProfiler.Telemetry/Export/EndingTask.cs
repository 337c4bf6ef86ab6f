namespace NetProfiler.Telemetry.Export;

/// <summary>Ends a task that processes a queue.</summary>
internal static class EndingTask
{
    /// <summary>Waits for the task to finish, at most for the given time; then cancels it, and waits for its end.</summary>
    public static async Task EndWithinAsync(this Task running, TimeSpan patience, TimeProvider time, CancellationTokenSource stop)
    {
        try
        {
            await running.WaitAsync(patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
        }
    }
}
