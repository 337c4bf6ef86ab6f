namespace NetProfiler.Telemetry.Export;

/// <summary>
/// The handling of a sample whose trace the application's tracer did not sample: the trace's spans are not reported, so the sample cannot
/// be attached to them.
/// </summary>
public enum UnsampledTraces
{
    /// <summary>A complete netprofiler span with the trace's id.</summary>
    OwnSpan,

    /// <summary>The sample is not sent, and counted as <see cref="ExportDrop.NotSampled"/>.</summary>
    Drop,
}

/// <summary>The span in Zipkin that a server's sample is attached to.</summary>
public enum ServerSpans
{
    /// <summary>
    /// By the evidence about each process (<see cref="Analysis.Traces.SpanEvidence"/>); without evidence, B3 spans are assumed to be
    /// joined.
    /// </summary>
    Auto,

    /// <summary>The server's half of the span in the request's context.</summary>
    Joined,

    /// <summary>A netprofiler span below the span in the request's context.</summary>
    Separate,
}

/// <summary>How samples are attached to the traces of applications.</summary>
public sealed record SpanSettings(UnsampledTraces Unsampled = UnsampledTraces.OwnSpan, ServerSpans ServerSpans = ServerSpans.Auto)
{
    public static SpanSettings Default { get; } = new();
}
