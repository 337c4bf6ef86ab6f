using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Capture;
using NetProfiler.Node.Metrics;
using NetProfiler.Node.Output;
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
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));

        var lines = settings.Output == OutputMode.Json ? new LineOutput(OpenOutput()) : null;
        using var printer = lines is null ? null : new ExchangePrinter(lines, settings.Plan.Redactor);
        printer?.SetWallOffset(MonotonicClock.WallOffsetNanoseconds());
        var observer = new ExchangeObserver(settings, printer);

        using var session = CaptureSession.Start(settings.Targets, settings.Capture);
        var pipeline = new ExchangePipeline(observer, session, new CaptureStatistics());
        observer.Observe(pipeline);
        var loop = new CaptureLoop(session, pipeline, observer);
        var metrics = new ProfilerMetrics(session, pipeline, observer, lines);

        await using var endpoint = settings.MetricsListen.EndPoint is { } address
            ? new MetricsEndpoint(address, async cancellation => await loop.AskAsync(metrics.Collect, cancellation).ConfigureAwait(false))
            : null;
        if (endpoint is not null) await endpoint.StartAsync(stop.Token).ConfigureAwait(false);

        loop.Start();
        await Console.Error.WriteLineAsync("netprofiler: capturing").ConfigureAwait(false);
        long started = MonotonicClock.Nanoseconds;

        using var screenStop = new CancellationTokenSource();
        var screen = settings.Output == OutputMode.Table
            ? new LiveTable(endpoint?.BoundEndPoint, settings.Plan.Redactor).ShowAsync(() => loop.AskAsync(() => Snapshot.Take(session, pipeline, observer, lines)), screenStop.Token)
            : Task.CompletedTask;

        await UntilEndAsync(settings, loop, lines, stop.Token).ConfigureAwait(false);
        await screenStop.CancelAsync().ConfigureAwait(false);
        await screen.ConfigureAwait(false);
        loop.Stop();
        await loop.Ended.ConfigureAwait(false);
        if (lines is not null) await lines.DisposeAsync().ConfigureAwait(false);

        var end = Snapshot.Take(session, pipeline, observer, lines);
        await Summary.WriteAsync(Console.Error, end, TimeSpan.FromMilliseconds((MonotonicClock.Nanoseconds - started) / 1e6)).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private static async Task UntilEndAsync(RunSettings settings, CaptureLoop loop, LineOutput? lines, CancellationToken stop)
    {
        var end = Task.Delay(settings.Duration ?? Timeout.InfiniteTimeSpan, stop);
        await Task.WhenAny(end, loop.Ended, lines?.Broken ?? Task.Delay(Timeout.Infinite, stop)).ConfigureAwait(false);
    }

    // The console's own stream keeps silent about a closed pipe; this one throws.
    private static FileStream OpenOutput() => new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }
}
