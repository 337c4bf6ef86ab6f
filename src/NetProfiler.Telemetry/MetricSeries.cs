using System.Diagnostics;

namespace NetProfiler.Telemetry;

/// <summary>One label set of a family, with its measurements.</summary>
public abstract record MetricSeries(LabelSet Labels);

/// <summary>A monotonic counter since <c>CreatedUnixSeconds</c>, when it was zero.</summary>
public sealed record CounterSeries(
    LabelSet Labels,
    MetricValue Value,
    Exemplar? Exemplar = null,
    double? CreatedUnixSeconds = null) : MetricSeries(Labels);

public sealed record GaugeSeries(LabelSet Labels, MetricValue Value) : MetricSeries(Labels);

/// <summary>
/// <c>Counts</c>: one per bucket, not cumulative, the bucket +Inf last. <c>Exemplars</c>: empty, or one element per bucket.
/// <c>CreatedUnixSeconds</c>: when all counts were zero.
/// </summary>
public sealed record HistogramSeries(
    LabelSet Labels,
    HistogramBounds Bounds,
    ReadOnlyMemory<long> Counts,
    double Sum,
    ReadOnlyMemory<Exemplar?> Exemplars = default,
    double? CreatedUnixSeconds = null) : MetricSeries(Labels)
{
    [Conditional("DEBUG")]
    internal void AssertWellFormed()
    {
        Debug.Assert(Counts.Length == Bounds.BucketCount, "a histogram has one count per bucket");
        Debug.Assert(Exemplars.IsEmpty || Exemplars.Length == Bounds.BucketCount, "exemplars have one place per bucket");
        Debug.Assert(!Labels.Contains("le"), "le is the bucket's own label");

        for (var bucket = 0; bucket < Exemplars.Length; bucket++)
            Debug.Assert(Exemplars.Span[bucket] is not { } one || Bounds.Holds(bucket, one.Value), "an exemplar lies in its bucket");
    }
}

/// <summary>One observation that is included in a value; most useful if its labels identify a trace.</summary>
public sealed record Exemplar(LabelSet Labels, double Value, double UnixSeconds);
