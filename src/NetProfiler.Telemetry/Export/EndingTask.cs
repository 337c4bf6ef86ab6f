namespace NetProfiler.Telemetry.Export;

/// <summary>The end of a task that works off a queue.</summary>
internal static class EndingTask
{
    /// <summary>Waits until it has done its work, for no longer than this; then it is told to leave what is left, and waited for.</summary>
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
