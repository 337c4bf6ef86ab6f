namespace NetProfiler.Analysis.Redaction;

/// <summary>Fields that a recording always keeps: message framing and trace context.</summary>
internal static class FramingFields
{
    private static readonly HashSet<string> Framing = new(StringComparer.OrdinalIgnoreCase) { "content-length", "transfer-encoding",
        "connection", "upgrade", "expect" };

    private static readonly HashSet<string> Harmless = new(StringComparer.OrdinalIgnoreCase)
    {
        "content-type", "content-encoding", "traceparent", "tracestate", "sw8", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid",
        "x-b3-sampled", "x-b3-flags",
    };

    /// <summary>A task may add names of its own to the secrets, but framing fields are never secrets.</summary>
    public static bool Contains(string name) => Framing.Contains(name);

    /// <summary>Whether the value can be kept even if the head is incomplete.</summary>
    public static bool IsKept(string name) => Framing.Contains(name) || Harmless.Contains(name);
}
