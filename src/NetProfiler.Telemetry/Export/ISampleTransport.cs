using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

internal enum SendOutcome
{
    Sent,

    /// <summary>A later attempt may succeed.</summary>
    Retry,

    /// <summary>A record of the batch was rejected: the others may be accepted without it.</summary>
    RecordRefused,

    /// <summary>The collector rejects every batch: wrong address, missing permission.</summary>
    Refused,
}

/// <param name="RejectedRecords">Number of records of a sent batch that the collector did not accept.</param>
/// <param name="Detail">For display.</param>
internal readonly record struct SendResult(SendOutcome Outcome, TimeSpan? RetryAfter = null, int RejectedRecords = 0, string Detail = "");

/// <summary>The format and protocol of one collector. Independent of queues and retries.</summary>
internal interface ISampleTransport<TRecord> : IDisposable
{
    /// <summary>
    /// Number of samples that were sent but not accepted for the collector's lists of requests, if it has such lists. Any thread.
    /// </summary>
    long NotListed => 0;

    /// <summary>Why this collector cannot represent a sample. Null if it can. Any thread.</summary>
    ExportDrop? Refuses(ShownSample sample);

    /// <summary>Called once per sample that is not refused, in order, from one thread.</summary>
    TRecord Encode(ShownSample sample);

    /// <summary>Does not throw for network or collector errors.</summary>
    Task<SendResult> SendAsync(IReadOnlyList<TRecord> records, CancellationToken cancellation);
}
