namespace NetProfiler.Telemetry.Export;

/// <summary>
/// What becomes of a sample whose trace the application's tracer did not sample: its spans are not reported, so nothing can be added to
/// them.
/// </summary>
public enum UnsampledTraces
{
    /// <summary>A complete span of ours with the trace's identity.</summary>
    OwnSpan,

    /// <summary>The sample is not sent, and counted as <see cref="ExportDrop.NotSampled"/>.</summary>
    Drop,
}

/// <summary>Which span gets a server's sample in Zipkin.</summary>
public enum ServerSpans
{
    /// <summary>By evidence of each process (<see cref="Analysis.Traces.SpanEvidence"/>); without any, B3 is taken to be joined.</summary>
    Auto,

    /// <summary>The server's half of the span that the caller names.</summary>
    Joined,

    /// <summary>A span of ours below the one that the caller names.</summary>
    Separate,
}

/// <summary>How samples are attached to the traces of applications.</summary>
public sealed record SpanSettings(UnsampledTraces Unsampled = UnsampledTraces.OwnSpan, ServerSpans ServerSpans = ServerSpans.Auto)
{
    public static SpanSettings Default { get; } = new();
}
