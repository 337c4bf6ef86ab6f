using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

internal enum SendOutcome
{
    Sent,

    /// <summary>Later it may work.</summary>
    Retry,

    /// <summary>Something in the batch is to blame: the others may be taken without it.</summary>
    RecordRefused,

    /// <summary>It would not take any: wrong address, no right.</summary>
    Refused,
}

/// <param name="RejectedRecords">Of a batch that was sent: how many of it the collector did not take.</param>
/// <param name="Detail">For people.</param>
internal readonly record struct SendResult(SendOutcome Outcome, TimeSpan? RetryAfter = null, int RejectedRecords = 0, string Detail = "");

/// <summary>One collector's format and protocol. Knows nothing of queues and retries.</summary>
internal interface ISampleTransport<TRecord> : IDisposable
{
    /// <summary>
    /// Samples that were sent and that the collector did not take for its lists of requests, where it has some. Any thread.
    /// </summary>
    long NotListed => 0;

    /// <summary>Why this collector has no place for a sample. Null: it has one. Any thread.</summary>
    ExportDrop? Refuses(ShownSample sample);

    /// <summary>Called once per sample that is not refused, in their order, from one thread.</summary>
    TRecord Encode(ShownSample sample);

    /// <summary>Does not throw for what a network or a collector does.</summary>
    Task<SendResult> SendAsync(IReadOnlyList<TRecord> records, CancellationToken cancellation);
}
