using NetProfiler.Cli;
using NetProfiler.Node.Page;
using NetProfiler.Web.Import;
using NetProfiler.Web.Server;

namespace NetProfiler.Node.Replay;

/// <summary>A replay of results (an HTTP archive or JSON lines), which only the page can show.</summary>
internal static class ResultsReplay
{
    private const int BeginningBytes = 512;

    /// <summary>Whether a file contains results rather than events. False for a pipe, which cannot be read twice.</summary>
    public static async Task<bool> IsResultsAsync(ReplaySettings settings)
    {
        if (settings.IsStandardInput || !File.Exists(settings.Path)) return false;
        await using var file = Open(settings.Path);
        if (!file.CanSeek) return false;
        byte[] beginning = new byte[BeginningBytes];
        int length = await file.ReadAtLeastAsync(beginning, BeginningBytes, throwOnEndOfStream: false).ConfigureAwait(false);
        return ResultsFile.IsPossible(beginning.AsSpan(0, length));
    }

    public static async Task<int> ExecuteAsync(ReplaySettings settings)
    {
        var page = settings.Report.Page;
        if (!page.IsWanted)
        {
            await StandardError.WriteLineAsync(
                $"netprofiler: {settings.Name}: results, not events: show them with --ui or --report FILE.html").ConfigureAwait(false);
            return ExitCode.WrongUsage;
        }

        using var signals = new StopSignals();
        await using var file = Open(settings.Path);
        var results = await ResultsFile.ReadAsync(file, Path.GetFileName(settings.Path), ProductVersion.Text, settings.Report.Redactor,
            signals.Token).ConfigureAwait(false);
        if (page.ReportPath is { } path && await PageSession.TryWriteReportAsync(path, results).ConfigureAwait(false) is { } failure)
        {
            await StandardError.WriteLineAsync($"netprofiler: {failure}").ConfigureAwait(false);
            return ExitCode.Failed;
        }

        if (!page.IsServed) return ExitCode.Done;
        await using var server = new UiServer(results);
        await server.StartAsync(signals.Token).ConfigureAwait(false);
        await StandardError.WriteLineAsync($"netprofiler: page: {server.Link}").ConfigureAwait(false);
        await Task.Delay(Timeout.Infinite, signals.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ExitCode.Done;
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
}
