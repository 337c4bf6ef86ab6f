using System.Diagnostics;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture;
using NetProfiler.Capture.Replay;
using NetProfiler.Cli;
using NetProfiler.Node.Output;
using NetProfiler.Node.Report;
using NetProfiler.Node.Samples;
using NetProfiler.Telemetry;
using NetProfiler.Web.Import;
using NetProfiler.Web.Results;

namespace NetProfiler.Node.Replay;

/// <summary>One <c>netprofiler replay</c>, from the first byte of the file to the summary.</summary>
internal static class ReplayRun
{
    public static async Task<int> ExecuteAsync(ReplaySettings settings)
    {
        try
        {
            return await ResultsReplay.IsResultsAsync(settings).ConfigureAwait(false)
                ? await ResultsReplay.ExecuteAsync(settings).ConfigureAwait(false) : await RunAsync(settings).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure
            is UnreadableFileException or UnreadableResultsException or IOException or UnauthorizedAccessException)
        {
            return await FailAsync($"{settings.Name}: {FileFault.Of(failure)}").ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is EndpointUnavailableException or HarFailedException)
        {
            return await FailAsync(failure.Message).ConfigureAwait(false);
        }
    }

    private static async Task<int> RunAsync(ReplaySettings settings)
    {
        using var signals = new StopSignals();
        await using var file = settings.IsStandardInput ? Console.OpenStandardInput()
            : new FileStream(settings.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
        ReplayLoop? loop = null;
        await using var input = new ReplayInput(file, () => loop?.OnIdle(),
            () => loop?.IsStopping ?? signals.Token.IsCancellationRequested);
        IEventSource source;
        try
        {
            source = EventSource.Open(input, settings.Role);
        }
        catch (UnreadableFileException) when (signals.Token.IsCancellationRequested)
        {
            return ExitCode.Done; // stopped before the first bytes were available
        }

        ExchangePipeline? pipeline = null;
        await using var report = new ExchangeReport(settings.Report
            with { Page = settings.Report.Page with { Kind = SourceKind.Replay, Name = Path.GetFileName(settings.Name) },
            Plans = [.. settings.Report.Plans.Select(plan => settings.PlanOf(plan, source.IsRecording))] }, source.Kernel, source, Losses,
            isPatient: true);
        pipeline = report.Pipeline;
        report.WhyNothing = () => NothingSeen(settings);
        ISocketEventHandler events = settings.Ports.Count == 0 ? report.Pipeline : new PortFilter(settings.Ports, report.Pipeline);
        loop = new ReplayLoop(source, events, report.Pipeline, report.Observer);

        var progress = new ReplayProgress(input, file.CanSeek ? file.Length : null, Path.GetFileName(settings.Name));
        var time = Stopwatch.StartNew();
        var bar = progress.ShowAsync(settings.Report.Output, loop.Ended);
        await report.FollowAsync(loop, () => Task.CompletedTask, duration: null, progress.InWords, signals.Token).ConfigureAwait(false);
        await bar.ConfigureAwait(false);
        await report.SummariseAsync(time.Elapsed, NothingSeen(settings)).ConfigureAwait(false);

        foreach (string failure in report.Failures) await FailAsync(failure).ConfigureAwait(false);
        await report.KeepPageAsync(signals.Token).ConfigureAwait(false);
        if (report.Failures.Count > 0) return ExitCode.Failed;
        // A replay that was stopped, by a signal or because its output ended, did not read the file to its end.
        bool isCut = source.Fault is not null && !loop.WasStopped;
        return isCut ? await FailAsync($"{settings.Name}: {source.Fault}; what is before it was read").ConfigureAwait(false)
            : ExitCode.Done;

        // Cut packets are significant only if bytes are missing, or nothing was found.
        IEnumerable<(string Reason, long Count)> Losses() =>
            pipeline is { Statistics: var statistics } && (statistics.GapBytesTotal > 0 || statistics.Exchanges == 0)
                ? source.Losses.Prepend(source.CutPackets) : source.Losses;
    }

    private static string NothingSeen(ReplaySettings settings) => settings.Ports.Count == 0
        ? "no HTTP/1.x seen" : $"no HTTP/1.x seen at port {Words.Listed([.. settings.Ports.Select(port => $"{port}")], "or")}";

    private static async Task<int> FailAsync(string message)
    {
        await StandardError.WriteLineAsync($"netprofiler: {message}").ConfigureAwait(false);
        return ExitCode.Failed;
    }
}
