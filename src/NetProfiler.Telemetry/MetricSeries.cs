using System.Diagnostics;

namespace NetProfiler.Telemetry;

/// <summary>One label set of a family, and what was measured under it.</summary>
public abstract record MetricSeries(LabelSet Labels);

/// <summary>Only grows since <c>CreatedUnixSeconds</c>, which is when it began at zero.</summary>
public sealed record CounterSeries(
    LabelSet Labels,
    MetricValue Value,
    Exemplar? Exemplar = null,
    double? CreatedUnixSeconds = null) : MetricSeries(Labels);

public sealed record GaugeSeries(LabelSet Labels, MetricValue Value) : MetricSeries(Labels);

/// <summary>
/// <c>Counts</c>: one per bucket, not cumulative, the bucket +Inf last. <c>Exemplars</c>: none at all, or one place per bucket.
/// <c>CreatedUnixSeconds</c>: when it began at zero.
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

/// <summary>One observation behind a number: most useful when its labels name a trace.</summary>
public sealed record Exemplar(LabelSet Labels, double Value, double UnixSeconds);
