using NetProfiler.Analysis;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Capture.Replay;
using NetProfiler.Node.Metrics;
using NetProfiler.Node.Output;
using NetProfiler.Node.Run;
using NetProfiler.Node.Samples;
using NetProfiler.Node.Topology;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Report;

/// <summary>From socket events to what people and tools are told: lines, a table, metrics, a summary. The same for a run and a replay.</summary>
internal sealed class ExchangeReport : IAsyncDisposable
{
    private readonly ReportSettings _settings;
    private readonly ICaptureCounters _counters;
    private readonly Func<IEnumerable<(string Reason, long Count)>> _moreLosses;
    private readonly LineOutput? _lines;
    private readonly ExchangePrinter? _printer;
    private readonly SampleOutlets? _outlets;

    /// <param name="isPatient">The source can wait for a slow reader of the output.</param>
    /// <exception cref="HarFailedException">The archive cannot be created.</exception>
    public ExchangeReport(
        ReportSettings settings, IKernelConnections kernel, ICaptureCounters counters, Func<IEnumerable<(string Reason, long Count)>> moreLosses, bool isPatient)
    {
        _settings = settings;
        _counters = counters;
        _moreLosses = moreLosses;
        _lines = settings.Output == OutputMode.Json ? new LineOutput(new StandardOutput(), isPatient) : null;
        _printer = _lines is not null && settings.Print == PrintMode.Exchanges ? new ExchangePrinter(_lines, settings.Redactor) : null;
        _outlets = SampleOutlets.Create(settings, _lines, isPatient);
        Observer = new ExchangeObserver(settings, _printer, _outlets);
        Pipeline = new ExchangePipeline(Observer, kernel, new CaptureStatistics());
        Observer.Observe(Pipeline);
    }

    public ExchangeObserver Observer { get; }

    public ExchangePipeline Pipeline { get; }

    /// <summary>Why the archive of samples is not whole; null: it is, or there is none.</summary>
    public string? HarFailure => _outlets?.HarFailure;

    /// <summary>Shows what the loop sees until it ends, its time is over, <paramref name="stop"/> or the reader of the output is gone.</summary>
    /// <param name="progress">A word on how far it is, for the table; null where that has no end.</param>
    /// <exception cref="EndpointUnavailableException">The loop was not started.</exception>
    public async Task FollowAsync(IEventLoop loop, Func<Task> started, TimeSpan? duration, Func<string>? progress, Task other, CancellationToken stop)
    {
        var registry = SelfMetrics.CreateRegistry();
        var counters = new ProfilerCounters(registry, _counters, Pipeline, Observer);
        counters.AddSamples(Observer, _lines, _outlets);
        var metrics = new ProfilerMetrics(Observer, counters);
        await using var endpoint = _settings.MetricsListen.EndPoint is { } address
            ? new MetricsEndpoint(address, async cancellation => await loop.Questions.AskAsync(metrics.Collect, cancellation).ConfigureAwait(false), registry)
            : null;
        if (endpoint is not null) await endpoint.StartAsync(stop).ConfigureAwait(false);

        loop.Start();
        await started().ConfigureAwait(false);

        using var screenStop = new CancellationTokenSource();
        var screen = _settings.Output == OutputMode.Table
            ? new LiveTable(endpoint?.BoundEndPoint, _settings.Redactor, progress).ShowAsync(() => loop.Questions.AskAsync(Take), screenStop.Token)
            : Task.CompletedTask;

        var end = Task.Delay(duration ?? Timeout.InfiniteTimeSpan, stop);
        await Task.WhenAny(end, loop.Ended, other, _lines?.Broken ?? Task.Delay(Timeout.Infinite, stop)).ConfigureAwait(false);
        await screenStop.CancelAsync().ConfigureAwait(false);
        await screen.ConfigureAwait(false);
        loop.Stop();
        await loop.Ended.ConfigureAwait(false);
    }

    /// <summary>The last word, when every line is out and every sample sent, or given up.</summary>
    public async Task SummariseAsync(TimeSpan elapsed)
    {
        if (_outlets is not null) await _outlets.DrainAsync().ConfigureAwait(false);
        if (_lines is not null) await _lines.DisposeAsync().ConfigureAwait(false);
        if (_settings.Topology is { } format)
            await Console.Out.WriteAsync(TopologyWriter.Write(format, Analysis.Peers.Topology.Of(Observer.Edges!.Snapshot()))).ConfigureAwait(false);
        await Summary.WriteAsync(Console.Error, Take(), elapsed, _outlets?.Exporters ?? []).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_outlets is not null) await _outlets.DisposeAsync().ConfigureAwait(false);
        if (_lines is not null) await _lines.DisposeAsync().ConfigureAwait(false);
        _printer?.Dispose();
    }

    private Snapshot Take() => Snapshot.Take(_counters, Pipeline, Observer, _lines, _moreLosses().Concat(LostSamples));

    private IEnumerable<(string Reason, long Count)> LostSamples =>
    [
        .. Observer.Tasks.Dropped.Concat(_outlets?.Dropped ?? []).Select(drop => ($"samples dropped, {drop.Reason.Replace('_', ' ')}", drop.Count)),
        .. _outlets?.NotExported ?? [],
    ];
}
