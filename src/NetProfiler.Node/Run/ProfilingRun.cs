using NetProfiler.Analysis.Redaction;
using NetProfiler.Capture;
using NetProfiler.Capture.Recordings;
using NetProfiler.Capture.Sockets;
using NetProfiler.Cli;
using NetProfiler.Node.Output;
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
        catch (CaptureUnavailableException failure) when (failure.Message.Contains("Too many open files", StringComparison.Ordinal))
        {
            await StandardError.WriteLineAsync("netprofiler: too many open files: raise the limit, for example by `ulimit -n 1024`")
                .ConfigureAwait(false);
            return ExitCode.Failed;
        }
        catch (CaptureUnavailableException failure)
        {
            await StandardError.WriteLineAsync($"netprofiler: this machine cannot be profiled: {failure.Message}: {failure.Remedy}")
                .ConfigureAwait(false);
            if (failure.VerifierLog is not null) await StandardError.WriteLineAsync(failure.VerifierLog).ConfigureAwait(false);
            return ExitCode.CannotProfile;
        }
        catch (Exception failure) when (failure
            is TargetNotFoundException or EndpointUnavailableException or RecordingFailedException or HarFailedException)
        {
            await StandardError.WriteLineAsync($"netprofiler: {failure.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static async Task<int> RunAsync(RunSettings settings)
    {
        // A signal during the start takes effect as soon as the start is complete.
        using var signals = new StopSignals();
        Preflight.ThrowIfImpossible();
        var sockets = SocketScan.Read();
        var targets = await FindAsync(settings.Targets).ConfigureAwait(false);
        using var session = CaptureSession.Start(targets, settings.Capture);
        if (session.TlsRefusal is { } refusal)
            await StandardError.WriteLineAsync($"netprofiler: TLS is not read: {refusal}; clear text is profiled").ConfigureAwait(false);
        long wallOffset = MonotonicClock.WallOffsetNanoseconds();
        await using var recorder = settings.RecordPath is { } path ? Record(path, wallOffset, settings.Report.Redaction) : null;
        await using var report = new ExchangeReport(settings.Report, recorder?.Beside(session) ?? session, session, () => Losses(recorder),
            isPatient: false);
        report.Observer.SetWallOffset(wallOffset);
        using var events = new TranslationFinder(recorder?.Before(report.Pipeline) ?? report.Pipeline);
        // Disposed first: the loop must end before the session's memory is released.
        await using var loop = new CaptureLoop(session, events, report.Pipeline, report.Observer, recorder);

        long started = 0;
        using var watchStop = new CancellationTokenSource();
        var watch = new TargetWatch(session, targets, report.Pipeline, report.Notices);
        watch.Look(); // counts targets that end at once
        report.WhyNothing = () => watch.NothingSeen;
        var watching = Task.CompletedTask;
        loop.Tell(sockets);
        var toldBroken = recorder?.Broken.ContinueWith(_ => TellBrokenAsync(), TaskScheduler.Default).Unwrap();
        try
        {
            await report.FollowAsync(loop, Started, settings.Duration, progress: null, signals.Token).ConfigureAwait(false);
        }
        finally
        {
            await watchStop.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (report.HasStarted)
            {
                watch.Look();
                if (recorder is not null) await recorder.CompleteAsync(session).ConfigureAwait(false);
                if (recorder?.Failure is not null) await toldBroken!.ConfigureAwait(false);
                await report.SummariseAsync(TimeSpan.FromMilliseconds((MonotonicClock.Nanoseconds - started) / 1e6), watch.NothingSeen)
                    .ConfigureAwait(false);
                foreach (string failure in report.Failures)
                    await StandardError.WriteLineAsync($"netprofiler: {failure}").ConfigureAwait(false);
            }
        }

        return recorder?.Failure is null && report.Failures.Count == 0 ? ExitCode.Done : ExitCode.Failed;

        Task Started()
        {
            started = MonotonicClock.Nanoseconds;
            watching = watch.RunAsync(loop.Questions, watchStop.Token);
            return StandardError.WriteLineAsync("netprofiler: capturing");
        }

        // Reported at once: the run continues, but the recording does not.
        Task TellBrokenAsync() =>
            StandardError.WriteLineAsync($"netprofiler: record to {settings.RecordPath}: {FileFault.Of(recorder!.Failure!)}; "
                + $"{(loop.Ended.IsCompleted ? "its end is missing" : "the recording ends here, the run continues")}");
    }

    /// <summary>Resolves targets as named by the user: a thread to its process, a control group to its directory.</summary>
    private static async Task<CaptureTargets> FindAsync(CaptureTargets named)
    {
        var ids = new List<int>();
        foreach (int id in named.ProcessIds)
        {
            var process = ProcessTarget.Find(id);
            if (process.Id != id)
                await StandardError.WriteLineAsync(
                    $"netprofiler: {id} is a thread of process {process.Id} ({process.Name}), which is profiled").ConfigureAwait(false);
            ids.Add(process.Id);
        }

        return named with { ProcessIds = [.. ids.Distinct()], Cgroups = [.. named.Cgroups.Select(CgroupPath.Find)] };
    }

    private static Recorder Record(string path, long wallOffsetNanoseconds, RedactionPolicy redaction)
    {
        try
        {
            return Recorder.Create(path, MonotonicClock.Nanoseconds, wallOffsetNanoseconds, redaction);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RecordingFailedException($"record to {path}: {FileFault.Of(failure)}", failure);
        }
    }

    private static IEnumerable<(string Reason, long Count)> Losses(Recorder? recorder) =>
        recorder is null ? [] : [(recorder.Failure is null ? "events not recorded, file too slow" : "events not recorded, file failed",
            recorder.LostEvents), ("bytes of these", recorder.LostBytes)];

    private sealed class RecordingFailedException(string message, Exception inner) : Exception(message, inner);
}
