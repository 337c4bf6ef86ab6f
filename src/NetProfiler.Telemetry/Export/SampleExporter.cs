using System.Diagnostics.CodeAnalysis;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>The limits of an exporter. A batch in progress has left the queue's channel, but still counts against the limits.</summary>
public sealed record ExportLimits
{
    public int MaxQueuedSamples { get; init; } = 2048;

    public long MaxQueuedBytes { get; init; } = 32 * 1024 * 1024;

    public int MaxBatchSamples { get; init; } = 128;

    /// <summary>Collectors accept messages of 4 MiB by default; text may grow when it is encoded.</summary>
    public long MaxBatchBytes { get; init; } = 1024 * 1024;

    /// <summary>How long the first sample of a batch waits for others.</summary>
    public TimeSpan BatchDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>An attempt without an answer for this long has failed.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public RetrySchedule Retry { get; init; } = RetrySchedule.Default;

    public static ExportLimits Default { get; } = new();
}

/// <summary>A collector that does not take samples.</summary>
/// <param name="Reason">In the words of the collector or of the network.</param>
/// <param name="Since">When the first batch failed after the latest one that was taken.</param>
public sealed record ExportFailure(string Reason, DateTimeOffset Since);

/// <summary>Sends samples to one collector: one bounded queue, one worker, and a count for every outcome.</summary>
public interface ISampleExporter : IAsyncDisposable
{
    /// <summary>zipkin, skywalking or otlp; preceded by the configured name of the exporter, if there is one: oap/skywalking.</summary>
    string Name { get; }

    ExportCounts Counts { get; }

    /// <summary>The collector's latest message when it did not accept a batch. Null if not available yet.</summary>
    string? LastFailure { get; }

    /// <summary>
    /// Why the collector currently does not accept samples. Null if it accepted the latest batch, or has not been sent any.
    /// </summary>
    ExportFailure? Failing { get; }

    long Dropped(ExportDrop reason);

    /// <summary>Number of samples that were sent but not accepted for the collector's lists of requests, if it has such lists.</summary>
    long NotListed => 0;

    /// <summary>Queues the sample or drops it, without waiting. Any thread.</summary>
    void Offer(ShownSample sample);

    /// <summary>Sends the queued samples, at most for the given time; the rest is dropped. No more samples are accepted.</summary>
    Task DrainAsync(TimeSpan patience);
}

internal sealed class SampleExporter<TRecord> : ISampleExporter
    where TRecord : class
{
    private readonly ISampleTransport<TRecord> _transport;
    private readonly ExportLimits _limits;
    private readonly TimeProvider _time;
    private readonly FairQueue<ShownSample> _queue;
    private readonly ExportCounters _counters = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Random _jitter;
    private readonly Task _running;
    private volatile bool _isDraining;
    private volatile ExportFailure? _failing;

    public SampleExporter(string name, ISampleTransport<TRecord> transport, ExportLimits limits, TimeProvider time, Random? jitter = null)
    {
        Name = name;
        _transport = transport;
        _limits = limits;
        _time = time;
        _jitter = jitter ?? Random.Shared;
        _queue = new(_counters, limits.MaxQueuedSamples, limits.MaxQueuedBytes);
        _running = Task.Run(RunAsync);
    }

    public string Name { get; }

    public ExportCounts Counts => _counters.Snapshot();

    public string? LastFailure { get; private set; }

    public ExportFailure? Failing => _failing;

    public long NotListed => _transport.NotListed;

    public long Dropped(ExportDrop reason) => _counters.Dropped(reason);

    public void Offer(ShownSample sample)
    {
        if (_transport.Refuses(sample) is { } reason)
        {
            _counters.Refuse(reason);
            return;
        }

        _queue.Add(sample.Task, sample, sample.HeldBytes);
    }

    public async Task DrainAsync(TimeSpan patience)
    {
        _isDraining = true;
        _queue.Complete();
        await _running.EndWithinAsync(patience, _time, _stop).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync(TimeSpan.Zero).ConfigureAwait(false);
        _transport.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _queue.WaitAsync(_stop.Token).ConfigureAwait(false))
            {
                // A full batch waits for nothing: a healthy collector gets what tasks allow.
                if (!_isDraining && _queue.Count < _limits.MaxBatchSamples)
                    await Task.Delay(_limits.BatchDelay, _time, _stop.Token).ConfigureAwait(false);
                await DeliverAsync(TakeBatch()).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The remaining samples are counted below.
        }

        while (_queue.TryTake(out var sample)) _counters.LeaveDropped(sample.HeldBytes, ExportDrop.Shutdown);
    }

    private List<Entry> TakeBatch()
    {
        var batch = new List<Entry>();
        long bytes = 0;
        while (batch.Count < _limits.MaxBatchSamples && bytes < _limits.MaxBatchBytes && _queue.TryTake(out var sample))
        {
            if (!TryEncode(sample, out var record)) continue;
            batch.Add(new Entry(record, sample.HeldBytes));
            bytes += sample.HeldBytes;
        }

        return batch;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "One record must not cost another, whatever is wrong with it.")]
    private bool TryEncode(ShownSample sample, [NotNullWhen(true)] out TRecord? record)
    {
        try
        {
            record = _transport.Encode(sample);
            return true;
        }
        catch (Exception fault)
        {
            record = null;
            LastFailure = PrintableText.Of(fault.Message);
            _counters.LeaveDropped(sample.HeldBytes, ExportDrop.Encoding);
            return false;
        }
    }

    // A batch that is rejected because of one record is split in half until that record is alone: at most two sends per record.
    private async Task DeliverAsync(List<Entry> batch)
    {
        if (batch.Count == 0) return;

        var result = await SendUntilTakenAsync(batch).ConfigureAwait(false);
        switch (result)
        {
            case (SendOutcome.Sent, var rejected):
                for (int i = 0; i < batch.Count; i++)
                {
                    if (i < batch.Count - rejected) _counters.LeaveSent(batch[i].Bytes);
                    else _counters.LeaveDropped(batch[i].Bytes, ExportDrop.Refused);
                }

                break;
            case (SendOutcome.RecordRefused, _) when batch.Count > 1:
                await DeliverAsync(batch[..(batch.Count / 2)]).ConfigureAwait(false);
                await DeliverAsync(batch[(batch.Count / 2)..]).ConfigureAwait(false);
                break;
            case (SendOutcome.RecordRefused or SendOutcome.Refused, _):
                Drop(batch, ExportDrop.Refused);
                break;
            default:
                Drop(batch, _stop.IsCancellationRequested ? ExportDrop.Shutdown : ExportDrop.RetriesExhausted);
                break;
        }
    }

    /// <summary>Retry is returned if the retry period is over.</summary>
    private async Task<(SendOutcome Outcome, int Rejected)> SendUntilTakenAsync(List<Entry> batch)
    {
        TRecord[] records = [.. batch.Select(entry => entry.Record)];
        long started = _time.GetTimestamp();
        for (int failures = 1; ; failures++)
        {
            var result = await SendOnceAsync(records).ConfigureAwait(false);
            string? failure = result.Detail is { } detail ? PrintableText.Of(detail) : null; // the text of a collector
            _failing = result.Outcome == SendOutcome.Sent ? null : new(failure ?? "", _failing?.Since ?? _time.GetUtcNow());
            if (result.Outcome != SendOutcome.Sent) LastFailure = failure;
            if (result.Outcome != SendOutcome.Retry) return (result.Outcome, int.Clamp(result.RejectedRecords, 0, batch.Count));
            if (_stop.IsCancellationRequested) return (SendOutcome.Retry, 0);

            var delay = _limits.Retry.NextDelay(failures, _time.GetElapsedTime(started), result.RetryAfter, _jitter.NextDouble());
            if (delay is null) return (SendOutcome.Retry, 0);
            _counters.Retry(batch.Count);
            try
            {
                await Task.Delay(delay.Value, _time, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return (SendOutcome.Retry, 0);
            }
        }
    }

    private async Task<SendResult> SendOnceAsync(TRecord[] records)
    {
        using var timeout = new CancellationTokenSource(_limits.SendTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
        try
        {
            return await _transport.SendAsync(records, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new SendResult(SendOutcome.Retry, Detail: $"no answer within {_limits.SendTimeout.TotalSeconds:0.#} s");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return new SendResult(SendOutcome.Retry, Detail: failure.InnerException?.Message ?? failure.Message);
        }
    }

    private void Drop(List<Entry> batch, ExportDrop reason)
    {
        foreach (var entry in batch) _counters.LeaveDropped(entry.Bytes, reason);
    }

    private readonly record struct Entry(TRecord Record, long Bytes);
}
