using System.Text;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Capture.Replay;
using NetProfiler.Cli;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Loops;
using NetProfiler.Node.Metrics;
using NetProfiler.Node.Output;
using NetProfiler.Node.Page;
using NetProfiler.Node.Samples;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Topology;
using NetProfiler.Telemetry;
using NetProfiler.Web.Results;

namespace NetProfiler.Node.Report;

/// <summary>Turns socket events into output: lines, a table, metrics, a summary. The same for a run and a replay.</summary>
internal sealed class ExchangeReport : IAsyncDisposable
{
    /// <summary>Maximum number of edges per role passed to the page; they are copied on the ring-buffer thread.</summary>
    private const int MaxEdges = 200;

    private readonly ReportSettings _settings;
    private readonly ICaptureCounters _counters;
    private readonly Func<IEnumerable<(string Reason, long Count)>> _moreLosses;
    private readonly LineOutput? _lines;
    private readonly ExchangePrinter? _printer;
    private readonly SampleOutlets? _outlets;
    private readonly PageSession? _page;
    private readonly List<string> _failures = [];

    /// <param name="isPatient">Whether the source can wait for a slow reader of the output.</param>
    /// <exception cref="HarFailedException">The archive cannot be created.</exception>
    public ExchangeReport(
        ReportSettings settings, IKernelConnections kernel, ICaptureCounters counters,
        Func<IEnumerable<(string Reason, long Count)>> moreLosses, bool isPatient)
    {
        _settings = settings;
        _counters = counters;
        _moreLosses = moreLosses;
        _lines = settings.Output == OutputMode.Json ? new LineOutput(new StandardOutput(), isPatient) : null;
        _printer = _lines is not null && settings.Print == PrintMode.Exchanges
            ? new ExchangePrinter(_lines, settings.Redactor, new CopiedFields(settings.RequestHeaders, settings.Redactor)) : null;
        _page = settings.Page.IsWanted ? new PageSession(settings, isPatient) : null;
        _outlets = SampleOutlets.Create(settings, _lines, isPatient, _page is null ? null : _page.Requests.Samples.Add);
        Notices = new Notices(isOnScreen: settings.Output == OutputMode.Table && !Console.IsOutputRedirected);
        Observer = new ExchangeObserver(settings, _printer, _outlets) { Feed = _page?.Feed };
        Pipeline = new ExchangePipeline(Observer, kernel, new CaptureStatistics());
        Observer.Observe(Pipeline);
    }

    public ExchangeObserver Observer { get; }

    public ExchangePipeline Pipeline { get; }

    public Notices Notices { get; }

    /// <summary>Whether a loop was started, so that there is something to summarize.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>One line for each output that could not be written, with its file and the reason. Complete after the summary.</summary>
    public IReadOnlyList<string> Failures =>
    [
        .. _failures,
        .. _lines?.Failure is { } lines ? [$"output to {StandardOutput.Name}: {lines}"] : Array.Empty<string>(),
        .. _outlets?.HarFailure is { } har ? [$"har to {_settings.Samples.HarPath}: {har}"] : Array.Empty<string>(),
    ];

    /// <summary>
    /// Shows the output of the loop until it ends, its time is over, <paramref name="stop"/> is cancelled, or the output cannot be written
    /// any more.
    /// </summary>
    /// <remarks>When this returns, or throws, the loop has ended.</remarks>
    /// <param name="progress">The progress for the table. Null if the source has no end.</param>
    /// <exception cref="EndpointUnavailableException">The loop was not started.</exception>
    public async Task FollowAsync(IEventLoop loop, Func<Task> started, TimeSpan? duration, Func<string>? progress, CancellationToken stop)
    {
        var registry = SelfMetrics.CreateRegistry();
        var counters = new ProfilerCounters(registry, _counters, Pipeline, Observer);
        counters.AddSamples(Observer, _lines, _outlets);
        var metrics = new ProfilerMetrics(Observer, counters);
        await using var endpoint = _settings.MetricsListen.EndPoint is { } address
            ? new MetricsEndpoint(address, async cancellation =>
                await loop.Questions.AskAsync(metrics.Collect, cancellation).ConfigureAwait(false), registry)
            : null;
        if (endpoint is not null) await endpoint.StartAsync(stop).ConfigureAwait(false);

        if (_page is not null) await StartPageAsync(_page, loop, stop).ConfigureAwait(false);
        HasStarted = true;
        loop.Start();
        using var screenStop = new CancellationTokenSource();
        var screen = Task.CompletedTask;
        var watching = Task.CompletedTask;
        try
        {
            watching = new CollectorWatch(_outlets?.Exporters ?? [], Notices).RunAsync(screenStop.Token);
            await started().ConfigureAwait(false);
            List<Task> ends = [duration is { } time ? LongDelay.WaitAsync(time, TimeProvider.System, stop)
                : Task.Delay(Timeout.Infinite, stop), loop.Ended];
            if (_lines is not null) ends.Add(_lines.Broken);
            if (_settings.Output == OutputMode.Table)
            {
                screen = new LiveTable(endpoint?.BoundEndPoint, _settings.Redactor, progress, Notices)
                    .ShowAsync(() => loop.Questions.AskAsync(Take), screenStop.Token);
                ends.Add(screen);
            }

            await Task.WhenAny(ends).ConfigureAwait(false);
        }
        finally
        {
            // After any exception: the loop has ended before anything that it uses is disposed.
            await screenStop.CancelAsync().ConfigureAwait(false);
            await screen.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await watching.ConfigureAwait(false);
            loop.Stop();
            await loop.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (screen.Exception?.InnerException is IOException failure)
            _failures.Add($"table to {StandardOutput.Name}: {FileFault.Of(failure)}");
        else await screen.ConfigureAwait(false);
        await loop.Ended.ConfigureAwait(false);
    }

    /// <summary>Prints the summary, when every line is written and every sample is sent or dropped.</summary>
    /// <param name="nothingSeen">The message if there is no exchange. Null for the message that nothing was lost.</param>
    public async Task SummariseAsync(TimeSpan elapsed, string? nothingSeen)
    {
        if (_outlets is not null) await _outlets.DrainAsync().ConfigureAwait(false);
        if (_page is not null && await _page.CompleteAsync().ConfigureAwait(false) is { } failure) _failures.Add(failure);
        if (_lines is not null) await _lines.DisposeAsync().ConfigureAwait(false);
        if (_settings.Topology is { } format)
            WriteTopology(TopologyWriter.Write(format, Analysis.Metrics.Topology.Of(Observer.Edges!.Snapshot())));
        await StandardError.WriteLineAsync(Summary.Of(Take(), elapsed, nothingSeen, _outlets?.Exporters ?? [])).ConfigureAwait(false);
    }

    /// <summary>
    /// Serves the page until <paramref name="stop"/> is cancelled: the page of a replay would otherwise end with the file.
    /// </summary>
    public Task KeepPageAsync(CancellationToken stop) => _page?.KeepAsync(stop) ?? Task.CompletedTask;

    /// <summary>The reason, for the page, why there is no exchange.</summary>
    public Func<string?> WhyNothing { get; set; } = () => null;

    private async Task StartPageAsync(PageSession page, IEventLoop loop, CancellationToken stop)
    {
        var local = new LocalQuestions(Take, () => Observer.Edges!.Snapshot(MaxEdges), Observer.Tcp,
            WhyNothing) { Questions = loop.Questions, Ended = loop.Ended };
        if (await page.StartAsync(local, stop).ConfigureAwait(false) is { } link)
            await Notices.SayAsync("page", $"page: {link}").ConfigureAwait(false);
    }

    private void WriteTopology(string text)
    {
        try
        {
            using var output = new StandardOutput();
            output.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (IOException failure)
        {
            if (!StandardOutput.IsClosedPipe(failure)) _failures.Add($"topology to {StandardOutput.Name}: {FileFault.Of(failure)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_page is not null) await _page.DisposeAsync().ConfigureAwait(false);
        if (_outlets is not null) await _outlets.DisposeAsync().ConfigureAwait(false);
        if (_lines is not null) await _lines.DisposeAsync().ConfigureAwait(false);
        _printer?.Dispose();
    }

    private Snapshot Take() => Snapshot.Take(_counters, Pipeline, Observer, _lines,
        [.. _moreLosses().Select(one => new Loss(one.Reason, one.Count, LossKind.Lost)), .. LostSamples]);

    private IEnumerable<Loss> LostSamples =>
    [
        .. Observer.Tasks.Dropped.Concat(_outlets?.Dropped ?? [])
            .Select(drop => new Loss($"samples dropped, {drop.Reason.Replace('_', ' ')}", drop.Count, LossKind.Output)),
        .. (_outlets?.NotExported ?? []).Select(one => new Loss(one.Reason, one.Count, LossKind.Output)),
        new Loss("exchanges not shown on the page, it was too slow", _page?.Requests.Counts.NotTaken ?? 0, LossKind.Output),
    ];
}
