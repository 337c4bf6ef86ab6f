using NetProfiler.Capture;
using NetProfiler.Node.Report;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Run;

/// <summary>One <c>netprofiler run</c>, from the first probe to the summary.</summary>
internal static class ProfilingRun
{
    public static async Task<int> ExecuteAsync(RunSettings settings)
    {
        try
        {
            return await RunAsync(settings).ConfigureAwait(false);
        }
        catch (CaptureUnavailableException failure)
        {
            await Console.Error.WriteLineAsync($"netprofiler: this machine cannot be profiled: {failure.Message}: {failure.Mend}").ConfigureAwait(false);
            if (failure.VerifierLog is not null) await Console.Error.WriteLineAsync(failure.VerifierLog).ConfigureAwait(false);
            return ExitCode.CannotProfile;
        }
        catch (Exception failure) when (failure is TargetNotFoundException or EndpointUnavailableException)
        {
            await Console.Error.WriteLineAsync($"netprofiler: {failure.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static async Task<int> RunAsync(RunSettings settings)
    {
        // Whoever stops us while we start is heard as soon as we have.
        using var signals = new StopSignals();
        using var session = CaptureSession.Start(settings.Targets, settings.Capture);
        await using var report = new ExchangeReport(settings.Report, session, session, () => [], isPatient: false);
        report.Observer.SetWallOffset(MonotonicClock.WallOffsetNanoseconds());
        var loop = new CaptureLoop(session, report.Pipeline, report.Observer);

        long started = 0;
        await report.FollowAsync(loop, Started, settings.Duration, progress: null, other: loop.Ended, signals.Token).ConfigureAwait(false);
        await report.SummariseAsync(TimeSpan.FromMilliseconds((MonotonicClock.Nanoseconds - started) / 1e6)).ConfigureAwait(false);
        return ExitCode.Done;

        Task Started()
        {
            started = MonotonicClock.Nanoseconds;
            return Console.Error.WriteLineAsync("netprofiler: capturing");
        }
    }
}
