using NetProfiler.Analysis.Samples;
using NetProfiler.Api.Exporters;
using NetProfiler.Node.Output;
using NetProfiler.Node.Settings;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Samples;

/// <summary>The destinations of samples: lines, an archive, collectors. Sampled exchanges are offered on the ring-buffer thread.</summary>
internal sealed class SampleOutlets : IAsyncDisposable
{
    /// <summary>Time for collectors to accept queued samples at the end.</summary>
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(5);

    private readonly bool _isPatient;
    private readonly IReadOnlyList<ISampleExporter> _default;
    private readonly Dictionary<string, IReadOnlyList<ISampleExporter>> _named = [];
    private readonly SampleDispatcher _dispatcher;
    private readonly SamplePrinter? _printer;
    private readonly HarFile? _har;
    private readonly Action<ShownSample>? _page;

    private SampleOutlets(SampleSettings settings, NamedExporters named, Func<ShownSample, ValueTask> show)
    {
        // The limit of queued bytes applies to the process, so it is divided among the queues.
        int queues = named.ByName.Count + (settings.IsNowhere ? 0 : 1);
        var limits = ExportLimits.Default with { MaxQueuedBytes = ExportLimits.Default.MaxQueuedBytes / int.Max(1, queues) };
        _default = Connect(settings, limits);
        foreach (var (name, one) in named.ByName)
            _named[name] = Connect(new(one.Zipkin, one.SkyWalking, one.Otlp, null) { Spans = settings.Spans }, limits, $"{name}/");
        Exporters = [.. _default, .. _named.Values.SelectMany(exporters => exporters)];
        _dispatcher = new SampleDispatcher(Exporters, show, TimeProvider.System);
    }

    private SampleOutlets(ReportSettings settings, LineOutput? lines, bool isPatient, Action<ShownSample>? page)
    {
        _page = page;
        _isPatient = isPatient;
        _har = settings.Samples.HarPath is { } path ? new HarFile(path) : null;
        _printer = lines is not null ? new SamplePrinter(lines) : null;
        Exporters = _default = Connect(settings.Samples, ExportLimits.Default);
        _dispatcher = new SampleDispatcher(Exporters, _printer is null && _har is null && page is null ? null : ShowAsync,
            TimeProvider.System);
    }

    public IReadOnlyList<ISampleExporter> Exporters { get; }

    /// <summary>Why the archive is incomplete. Null if it is complete, or if there is none.</summary>
    public string? HarFailure => _har?.Failure;

    /// <summary>Null if samples have no destination.</summary>
    /// <param name="isPatient">If true, the source waits until samples can be shown; otherwise, samples without room are dropped.</param>
    /// <param name="page">Receives each sample for the page. Null if there is no page.</param>
    /// <exception cref="HarFailedException">The archive cannot be created.</exception>
    public static SampleOutlets? Create(ReportSettings settings, LineOutput? lines, bool isPatient, Action<ShownSample>? page)
    {
        var printed = settings.Print == PrintMode.Samples ? lines : null;
        return printed is null && settings.Samples.IsNowhere && page is null ? null : new SampleOutlets(settings, printed, isPatient, page);
    }

    /// <summary>Sends samples to collectors and to <paramref name="keep"/>.</summary>
    /// <param name="settings">Collectors for the samples of tasks that do not select an exporter.</param>
    /// <param name="keep">Receives each sample, in order; the next one waits until it returns.</param>
    public static SampleOutlets ToCollectors(SampleSettings settings, NamedExporters named, Func<ShownSample, ValueTask> keep) =>
        new(settings, named, keep);

    /// <summary>Ring-buffer thread only.</summary>
    /// <param name="content">Creates what may be shown of the sample.</param>
    /// <param name="exporter">The only exporter that receives the sample; none receives it if the name is unknown. Null for the exporters
    /// of the command line.</param>
    public void Offer(Sample sample, SampleContent content, string? exporter)
    {
        while (_isPatient && !_dispatcher.HasRoomFor(sample)) Thread.Sleep(1);
        _dispatcher.Offer(sample, content, ExportersOf(exporter));
    }

    /// <summary>The collectors that samples with this exporter go to.</summary>
    /// <param name="exporter">As in <see cref="Offer"/>.</param>
    public IReadOnlyList<ISampleExporter> ExportersOf(string? exporter) =>
        exporter is null ? _default : _named.GetValueOrDefault(exporter, []);

    /// <summary>
    /// Number of samples that were dropped before any destination, by reason. What a collector did not accept is a loss of its exporter.
    /// </summary>
    public IEnumerable<(string Reason, long Count)> Dropped =>
    [
        .. new[] { ExportDrop.QueueFull, ExportDrop.QueueBytes, ExportDrop.Encoding,
            ExportDrop.Shutdown }.Select(reason => (Words.SnakeCase(reason.ToString()), _dispatcher.Dropped(reason))),
    ];

    /// <summary>The losses of the exporters, by reason.</summary>
    public IEnumerable<(string Reason, long Count)> NotExported =>
        Exporters.SelectMany(exporter => Enum.GetValues<ExportDrop>().Select(reason =>
            ($"samples not exported to {exporter.Name}, {Words.Spaced(reason.ToString())}", exporter.Dropped(reason)))
            .Append(($"samples sent to {exporter.Name}, and not listed there", exporter.NotListed)));

    /// <summary>Shows and sends the queued samples; the archive is complete afterwards. No more samples are accepted.</summary>
    public async Task DrainAsync()
    {
        await _dispatcher.DrainAsync(DrainPatience).ConfigureAwait(false);
        if (_har is not null) await _har.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _dispatcher.DisposeAsync().ConfigureAwait(false);
        if (_har is not null) await _har.DisposeAsync().ConfigureAwait(false);
        _printer?.Dispose();
    }

    private async ValueTask ShowAsync(ShownSample sample)
    {
        _printer?.Print(sample);
        _page?.Invoke(sample);
        if (_har is not null) await _har.WriteAsync(sample).ConfigureAwait(false);
    }

    /// <param name="prefix">Prefix of the exporters' names.</param>
    private static List<ISampleExporter> Connect(SampleSettings settings, ExportLimits limits, string prefix = "")
    {
        var time = TimeProvider.System;
        var exporters = new List<ISampleExporter>();
        if (settings.Zipkin is { } zipkin && SampleExporters.TryCreateZipkin(zipkin, limits, time, out var one, $"{prefix}zipkin",
            settings.Spans))
            exporters.Add(one);
        string? token = Environment.GetEnvironmentVariable(SampleExporters.SkyWalkingTokenVariable) is { Length: > 0 } set ? set : null;
        if (settings.SkyWalking is { } oap && SampleExporters.TryCreateSkyWalking(oap, token, limits, time, out one, $"{prefix}skywalking"))
            exporters.Add(one);
        if (settings.Otlp is { } otlp && SampleExporters.TryCreateOtlp(otlp, limits, time, out one, $"{prefix}otlp", settings.Spans))
            exporters.Add(one);
        return exporters;
    }
}
