namespace NetProfiler.Analysis.Redaction;

/// <summary>Fields that a recording keeps whatever else it masks: where a message ends, and which trace it belongs to.</summary>
internal static class FramingFields
{
    private static readonly HashSet<string> Framing = new(StringComparer.OrdinalIgnoreCase) { "content-length", "transfer-encoding",
        "connection", "upgrade", "expect" };

    private static readonly HashSet<string> Harmless = new(StringComparer.OrdinalIgnoreCase)
    {
        "content-type", "content-encoding", "traceparent", "tracestate", "sw8", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid",
        "x-b3-sampled", "x-b3-flags",
    };

    /// <summary>A task may add names of its own; where a message ends is nobody's secret.</summary>
    public static bool Contains(string name) => Framing.Contains(name);

    /// <summary>Whether the value may stay although the head is not there as a whole.</summary>
    public static bool IsKept(string name) => Framing.Contains(name) || Harmless.Contains(name);
}
