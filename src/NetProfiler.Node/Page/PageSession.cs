using NetProfiler.Analysis.Samples;
using NetProfiler.Cli;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Output;
using NetProfiler.Node.Settings;
using NetProfiler.Web.Report;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Results;
using NetProfiler.Web.Server;

namespace NetProfiler.Node.Page;

/// <summary>The page of a run or a replay: its data, its server, and its report file.</summary>
internal sealed class PageSession(ReportSettings settings, RequestTable requests, ExchangeFeed feed) : IAsyncDisposable
{
    private LocalResults? _results;
    private UiServer? _server;

    public PageSession(ReportSettings settings, RequestTable requests, bool isPatient)
        : this(settings, requests, new ExchangeFeed(requests, settings.Redactor,
            new CopiedFields(settings.RequestHeaders, settings.Redactor), isPatient))
    {
    }

    public PageSession(ReportSettings settings, bool isPatient) : this(settings, new RequestTable(), isPatient)
    {
    }

    public RequestTable Requests => requests;

    public ExchangeFeed Feed => feed;

    /// <summary>Serves the page if requested, and returns its link.</summary>
    public async Task<string?> StartAsync(LocalQuestions local, CancellationToken cancellation)
    {
        string name = settings.Plans is [{ Task: { } task }] ? task : settings.Page.Name;
        _results = new LocalResults(new SourceInfo(settings.Page.Kind, settings.Page.Name, ProductVersion.Text), name, requests, local);
        feed.Start();
        if (!settings.Page.IsServed) return null;
        _server = new UiServer(_results);
        await _server.StartAsync(cancellation).ConfigureAwait(false);
        return _server.Link;
    }

    /// <summary>
    /// Call it after everything was submitted: completes the table, and writes the report. Returns the error if that failed.
    /// </summary>
    public async Task<string?> CompleteAsync()
    {
        await feed.DisposeAsync().ConfigureAwait(false);
        return _results is null || settings.Page.ReportPath is not { } path ? null
            : await TryWriteReportAsync(path, _results).ConfigureAwait(false);
    }

    /// <summary>Writes a report file. Returns the error. Null on success.</summary>
    public static async Task<string?> TryWriteReportAsync(string path, IResultsSource results)
    {
        try
        {
            ReportFile.ThrowIfNoPage();
            await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
            await ReportFile.WriteAsync(file, results, CancellationToken.None).ConfigureAwait(false);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or PageMissingException)
        {
            return $"report to {path}: {FileFault.Of(failure)}";
        }
    }

    /// <summary>Waits while the page is served.</summary>
    public async Task KeepAsync(CancellationToken stop)
    {
        if (_server is null || stop.IsCancellationRequested) return;
        await StandardError.WriteLineAsync($"netprofiler: the page is served until this is interrupted").ConfigureAwait(false);
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
        await feed.DisposeAsync().ConfigureAwait(false);
    }
}
