using NetProfiler.Analysis.Samples;
using NetProfiler.Api.Exporters;
using NetProfiler.Node.Output;
using NetProfiler.Node.Settings;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Samples;

/// <summary>Everywhere that samples go: lines, an archive, collectors. Sampled exchanges come in on the ring-buffer thread.</summary>
internal sealed class SampleOutlets : IAsyncDisposable
{
    /// <summary>How long collectors are given at the end, for what is still queued.</summary>
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
        // However many there are: what waits for collectors that are down has a bound for the process.
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

    /// <summary>Why the archive is not whole; null: it is, or there is none.</summary>
    public string? HarFailure => _har?.Failure;

    /// <summary>Null: nobody wants samples.</summary>
    /// <param name="isPatient">Whoever offers samples waits until they can be shown; else what finds no room is dropped.</param>
    /// <param name="page">Keeps each for the page; null: there is none.</param>
    /// <exception cref="HarFailedException">The archive cannot be created.</exception>
    public static SampleOutlets? Create(ReportSettings settings, LineOutput? lines, bool isPatient, Action<ShownSample>? page)
    {
        var printed = settings.Print == PrintMode.Samples ? lines : null;
        return printed is null && settings.Samples.IsNowhere && page is null ? null : new SampleOutlets(settings, printed, isPatient, page);
    }

    /// <summary>To collectors, and to whoever keeps them.</summary>
    /// <param name="settings">For the samples of those that name no exporter.</param>
    /// <param name="keep">Gets each sample, in order, and holds the next one up.</param>
    public static SampleOutlets ToCollectors(SampleSettings settings, NamedExporters named, Func<ShownSample, ValueTask> keep) =>
        new(settings, named, keep);

    /// <summary>Ring-buffer thread only.</summary>
    /// <param name="content">Makes what of it may be shown.</param>
    /// <param name="exporter">That gets it, and no other; one that is not known is none. Null: those of the command line.</param>
    public void Offer(Sample sample, SampleContent content, string? exporter)
    {
        while (_isPatient && !_dispatcher.HasRoomFor(sample)) Thread.Sleep(1);
        _dispatcher.Offer(sample, content, ExportersOf(exporter));
    }

    /// <summary>The collectors that samples with this exporter go to.</summary>
    /// <param name="exporter">As in <see cref="Offer"/>.</param>
    public IReadOnlyList<ISampleExporter> ExportersOf(string? exporter) =>
        exporter is null ? _default : _named.GetValueOrDefault(exporter, []);

    /// <summary>Samples that went nowhere, by reason. What a collector did not take is its exporter's loss.</summary>
    public IEnumerable<(string Reason, long Count)> Dropped =>
    [
        .. new[] { ExportDrop.QueueFull, ExportDrop.QueueBytes, ExportDrop.Encoding,
            ExportDrop.Shutdown }.Select(reason => (Words.SnakeCase(reason.ToString()), _dispatcher.Dropped(reason))),
    ];

    /// <summary>What collectors did not get, in words.</summary>
    public IEnumerable<(string Reason, long Count)> NotExported =>
        Exporters.SelectMany(exporter => Enum.GetValues<ExportDrop>().Select(reason =>
            ($"samples not exported to {exporter.Name}, {Words.Spaced(reason.ToString())}", exporter.Dropped(reason)))
            .Append(($"samples sent to {exporter.Name}, and not listed there", exporter.NotListed)));

    /// <summary>Shows and sends what waits; the archive is whole after it. Nothing more is taken.</summary>
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

    /// <param name="prefix">Of their names.</param>
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
