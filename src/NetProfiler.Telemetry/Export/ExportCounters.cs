namespace NetProfiler.Telemetry.Export;

/// <summary>Why a sample was not exported.</summary>
public enum ExportDrop
{
    /// <summary>The queue's limit of samples was reached.</summary>
    QueueFull,

    /// <summary>The queue's limit of bytes was reached.</summary>
    QueueBytes,

    /// <summary>This collector's format cannot represent the sample: it does not belong to a trace of the collector.</summary>
    NoTrace,

    /// <summary>
    /// The application's tracer did not sample the trace, so the collector has no span to which the sample could be attached.
    /// </summary>
    NotSampled,

    /// <summary>The sample could not be encoded.</summary>
    Encoding,

    /// <summary>The collector rejected the sample.</summary>
    Refused,

    /// <summary>The collector did not accept the sample within the retry period.</summary>
    RetriesExhausted,

    /// <summary>The process ended before the sample was sent.</summary>
    Shutdown,
}

/// <summary>Counts of offered samples by outcome. Always Offered = Sent + Dropped + Queued.</summary>
public readonly record struct ExportCounts(long Offered, long Sent, long Retried, long Queued, long QueuedBytes, long Dropped);

/// <summary>Counts under one lock, so that the sum is consistent at every moment. Any thread.</summary>
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

    /// <summary>Takes a place in the queue. False if there is none, which is counted as dropped.</summary>
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

    /// <summary>Counts a sample that does not enter the queue.</summary>
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
