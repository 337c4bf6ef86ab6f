namespace NetProfiler.Telemetry.Export;

/// <summary>Why a sample was not exported.</summary>
public enum ExportDrop
{
    /// <summary>The queue had as many samples as it takes.</summary>
    QueueFull,

    /// <summary>The queue had as many bytes as it takes.</summary>
    QueueBytes,

    /// <summary>This collector's format has no place for it: it belongs to no trace that the collector knows.</summary>
    NoTrace,

    /// <summary>The application's tracer did not sample its trace, so the collector has no span that it could be added to.</summary>
    NotSampled,

    /// <summary>It could not be encoded.</summary>
    Encoding,

    /// <summary>The collector refused it.</summary>
    Refused,

    /// <summary>The collector did not take it for as long as we try.</summary>
    RetriesExhausted,

    /// <summary>The run ended first.</summary>
    Shutdown,
}

/// <summary>What became of the samples that were offered: always Offered = Sent + Dropped + Queued.</summary>
public readonly record struct ExportCounts(long Offered, long Sent, long Retried, long Queued, long QueuedBytes, long Dropped);

/// <summary>Counts under one lock, so that the sum holds at every moment. Any thread.</summary>
internal sealed class ExportCounters
{
    private readonly Lock _lock = new();
    private readonly long[] _dropped = new long[Enum.GetValues<ExportDrop>().Length];
    private long _offered;
    private long _sent;
    private long _retried;
    private long _queued;
    private long _queuedBytes;

    public ExportCounts Snapshot()
    {
        lock (_lock) return new(_offered, _sent, _retried, _queued, _queuedBytes, _dropped.Sum());
    }

    public long Dropped(ExportDrop reason)
    {
        lock (_lock) return _dropped[(int)reason];
    }

    /// <summary>Which bound a sample would exceed; null: neither.</summary>
    public ExportDrop? Overflow(long bytes, int maxSamples, long maxBytes)
    {
        lock (_lock)
        {
            return _queued >= maxSamples ? ExportDrop.QueueFull : _queuedBytes + bytes > maxBytes ? ExportDrop.QueueBytes : null;
        }
    }

    /// <summary>Takes a place in the queue; false, and counted as dropped, when there is none.</summary>
    public bool TryEnter(long bytes, int maxSamples, long maxBytes)
    {
        lock (_lock)
        {
            _offered++;
            if (_queued == maxSamples) _dropped[(int)ExportDrop.QueueFull]++;
            else if (_queuedBytes + bytes > maxBytes) _dropped[(int)ExportDrop.QueueBytes]++;
            else
            {
                _queued++;
                _queuedBytes += bytes;
                return true;
            }

            return false;
        }
    }

    /// <summary>Counts a sample that takes no place in the queue.</summary>
    public void Refuse(ExportDrop reason)
    {
        lock (_lock)
        {
            _offered++;
            _dropped[(int)reason]++;
        }
    }

    public void LeaveSent(long bytes)
    {
        lock (_lock)
        {
            _sent++;
            Leave(bytes);
        }
    }

    public void LeaveDropped(long bytes, ExportDrop reason)
    {
        lock (_lock)
        {
            _dropped[(int)reason]++;
            Leave(bytes);
        }
    }

    public void Retry(int samples)
    {
        lock (_lock) _retried += samples;
    }

    private void Leave(long bytes)
    {
        _queued--;
        _queuedBytes -= bytes;
    }
}
