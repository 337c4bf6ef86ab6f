namespace NetProfiler.Analysis.Traces;

/// <summary>W3C Trace Context, section 3.2: version "-" trace-id "-" parent-id "-" trace-flags.</summary>
internal static class Traceparent
{
    private const int LengthOfVersion0 = 55;
    private const byte Sampled = 1;

    public static bool TryParse(ReadOnlySpan<byte> value, out TraceContext context)
    {
        context = default;
        if (value.Length < LengthOfVersion0) return false;
        if (!LowerHex.TryParse(value[..2], out ulong version) || version == 0xFF) return false;             // 3.2.2.1
        if (version == 0 && value.Length != LengthOfVersion0) return false;
        if (value.Length > LengthOfVersion0 && value[LengthOfVersion0] != '-') return false;                // 4.3: later versions
        if (value[2] != '-' || value[35] != '-' || value[52] != '-') return false;
        if (!TraceId.TryParse(value.Slice(3, TraceId.Digits), out var traceId)) return false;               // 3.2.2.3
        if (!SpanId.TryParse(value.Slice(36, SpanId.Digits), out var parentId)) return false;               // 3.2.2.4
        if (!LowerHex.TryParse(value.Slice(53, 2), out ulong flags)) return false;                          // 3.2.2.5

        context = new TraceContext
        {
            Format = TraceFormat.W3C,
            TraceId = traceId,
            SpanId = parentId,
            Decision = (flags & Sampled) != 0 ? TraceDecision.Accept : TraceDecision.Deny,
        };
        return true;
    }
}
