using NetProfiler.Analysis.Traces;

namespace NetProfiler.Analysis.Metrics;

/// <summary>One measurement with its trace.</summary>
/// <param name="TimeNanoseconds">CLOCK_MONOTONIC.</param>
public sealed record BucketExemplar(TraceReference Trace, long Value, long TimeNanoseconds);

/// <summary>
/// The latest exemplar of each bucket of a histogram. Allocates nothing until the first exemplar. Ring-buffer thread only.
/// </summary>
public sealed class BucketExemplars(long[] bounds)
{
    private BucketExemplar?[]? _latest;

    /// <summary>One element per bucket, or empty if there are no exemplars.</summary>
    public ReadOnlySpan<BucketExemplar?> Latest => _latest;

    public void Keep(long value, TraceReference trace, long timeNanoseconds)
    {
        _latest ??= new BucketExemplar?[bounds.Length + 1];
        _latest[BucketCounts.IndexOf(value, bounds)] = new BucketExemplar(trace, value, timeNanoseconds);
    }
}
