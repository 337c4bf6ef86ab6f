using NetProfiler.Capture;
using NetProfiler.Capture.Recordings;
using NetProfiler.Capture.Sockets;
using NetProfiler.Cli;
using NetProfiler.Node.Report;
using NetProfiler.Node.Samples;
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
        catch (Exception failure) when (failure is TargetNotFoundException or EndpointUnavailableException or RecordingFailedException or HarFailedException)
        {
            await Console.Error.WriteLineAsync($"netprofiler: {failure.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static async Task<int> RunAsync(RunSettings settings)
    {
        // Whoever stops us while we start is heard as soon as we have.
        using var signals = new StopSignals();
        await WarmUp.RunAsync(settings.Report).ConfigureAwait(false);
        var sockets = SocketScan.Read();
        using var session = CaptureSession.Start(settings.Targets, settings.Capture);
        long wallOffset = MonotonicClock.WallOffsetNanoseconds();
        await using var recorder = settings.RecordPath is { } path ? Record(path, wallOffset) : null;
        await using var report = new ExchangeReport(settings.Report, recorder?.Beside(session) ?? session, session, () => Losses(recorder), isPatient: false);
        report.Observer.SetWallOffset(wallOffset);
        using var events = new TranslationFinder(recorder?.Before(report.Pipeline) ?? report.Pipeline);
        var loop = new CaptureLoop(session, events, report.Pipeline, report.Observer, recorder);

        long started = 0;
        loop.Tell(sockets);
        await report.FollowAsync(loop, Started, settings.Duration, progress: null, other: recorder?.Broken ?? loop.Ended, signals.Token).ConfigureAwait(false);
        if (recorder is not null) await recorder.CompleteAsync(session).ConfigureAwait(false);
        await report.SummariseAsync(TimeSpan.FromMilliseconds((MonotonicClock.Nanoseconds - started) / 1e6)).ConfigureAwait(false);
        if (recorder?.Failure is { } failure) await Console.Error.WriteLineAsync($"netprofiler: record to {settings.RecordPath}: {failure}").ConfigureAwait(false);
        if (report.HarFailure is { } fault) await Console.Error.WriteLineAsync($"netprofiler: har to {settings.Report.Samples.HarPath}: {fault}").ConfigureAwait(false);
        return recorder?.Failure is null && report.HarFailure is null ? ExitCode.Done : ExitCode.Failed;

        Task Started()
        {
            started = MonotonicClock.Nanoseconds;
            return Console.Error.WriteLineAsync("netprofiler: capturing");
        }
    }

    private static Recorder Record(string path, long wallOffsetNanoseconds)
    {
        try
        {
            return Recorder.Create(path, MonotonicClock.Nanoseconds, wallOffsetNanoseconds);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RecordingFailedException($"record to {path}: {FileFault.Of(failure)}", failure);
        }
    }

    private static IEnumerable<(string Reason, long Count)> Losses(Recorder? recorder) =>
        recorder is null ? [] : [("events not recorded, file too slow", recorder.LostEvents), ("bytes of these", recorder.LostBytes)];

    private sealed class RecordingFailedException(string message, Exception inner) : Exception(message, inner);
}
