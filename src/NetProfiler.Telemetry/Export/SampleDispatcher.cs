using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Passes samples from the ring-buffer thread to the exporters: another thread converts each raw sample once, and offers it to its
/// exporters. A raw sample without room in the queue is dropped; the ring-buffer thread never waits.
/// </summary>
public sealed class SampleDispatcher : IAsyncDisposable
{
    public const int MaxWaitingSamples = 1024;

    /// <summary>Raw samples contain the captured content of both messages.</summary>
    public const long MaxWaitingBytes = 32 * 1024 * 1024;

    private readonly Channel<Entry> _queue = Channel.CreateUnbounded<Entry>(new() { SingleReader = true }); // bounded by the counters
    private readonly ExportCounters _counters = new();
    private readonly IReadOnlyList<ISampleExporter> _exporters;
    private readonly Func<ShownSample, ValueTask>? _output;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="exporters">All exporters that samples can be sent to; drained and disposed of with the dispatcher.</param>
    /// <param name="output">Printing or an archive. Receives each sample in order; the next one waits until it returns.</param>
    public SampleDispatcher(IReadOnlyList<ISampleExporter> exporters, Func<ShownSample, ValueTask>? output, TimeProvider time)
    {
        _exporters = exporters;
        _output = output;
        _time = time;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Counts of raw samples. Sent: passed to the exporters, which have counts of their own.</summary>
    public ExportCounts Counts => _counters.Snapshot();

    public long Dropped(ExportDrop reason) => _counters.Dropped(reason);

    /// <summary>Whether the sample would be accepted now, if no other thread offers one. For callers that can wait.</summary>
    public bool HasRoomFor(Sample sample)
    {
        var counts = Counts;
        return counts.Queued < MaxWaitingSamples && (counts.Queued == 0 || counts.QueuedBytes + sample.HeldBytes <= MaxWaitingBytes);
    }

    /// <param name="content">Converts the sample according to the policy of its task.</param>
    /// <param name="to">The exporters that receive it.</param>
    public void Offer(Sample sample, SampleContent content, IReadOnlyList<ISampleExporter> to)
    {
        if (!_counters.TryEnter(sample.HeldBytes, MaxWaitingSamples, MaxWaitingBytes)) return;
        if (!_queue.Writer.TryWrite(new(sample, content, to))) _counters.LeaveDropped(sample.HeldBytes, ExportDrop.Shutdown);
    }

    /// <summary>Processes the queued samples and drains the exporters, at most for the given time. No more samples are accepted.</summary>
    public async Task DrainAsync(TimeSpan patience)
    {
        long started = _time.GetTimestamp();
        _queue.Writer.TryComplete();
        await _running.EndWithinAsync(patience, _time, _stop).ConfigureAwait(false);
        var left = patience - _time.GetElapsedTime(started);
        if (left < TimeSpan.Zero) left = TimeSpan.Zero;
        await Task.WhenAll(_exporters.Select(exporter => exporter.DrainAsync(left))).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync(TimeSpan.Zero).ConfigureAwait(false);
        foreach (var exporter in _exporters) await exporter.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach (var entry in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (_stop.IsCancellationRequested) _counters.LeaveDropped(entry.Sample.HeldBytes, ExportDrop.Shutdown);
            else await HandOnAsync(entry).ConfigureAwait(false);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "One sample must not cost another, whatever is wrong with it.")]
    private async Task HandOnAsync(Entry entry)
    {
        var (sample, content, to) = entry;
        try
        {
            var shown = content.Show(sample);
            foreach (var exporter in to) exporter.Offer(shown);
            if (_output is not null) await _output(shown).ConfigureAwait(false);
            _counters.LeaveSent(sample.HeldBytes);
        }
        catch (Exception)
        {
            _counters.LeaveDropped(sample.HeldBytes, ExportDrop.Encoding);
        }
    }

    private readonly record struct Entry(Sample Sample, SampleContent Content, IReadOnlyList<ISampleExporter> To);
}
