using System.Text;

namespace NetProfiler.Analysis.Traces;

/// <summary>B3 propagation (openzipkin/b3-propagation): one field, or one field per part.</summary>
internal static class B3
{
    /// <summary>
    /// {TraceId}-{SpanId}[-{SamplingState}[-{ParentSpanId}]]. A sampling state alone does not identify a span, so it is not a context.
    /// </summary>
    public static bool TryParseSingle(ReadOnlySpan<byte> value, out TraceContext context)
    {
        context = default;
        var parts = new DashedParts(value);
        if (!TraceId.TryParse(parts.Take(), out var traceId) || !SpanId.TryParse(parts.Take(), out var spanId)) return false;

        var decision = TraceDecision.Deferred;
        var parent = default(SpanId);
        if (parts.TryTake(out var state) && !TryParseState(state, out decision)) return false;
        if (parts.TryTake(out var parentDigits) && !TryParseParent(parentDigits, out parent)) return false;
        if (parts.TryTake(out _)) return false;

        context = new TraceContext
        {
            Format = TraceFormat.B3Single, TraceId = traceId, SpanId = spanId, ParentSpanId = parent, Decision = decision,
        };
        return true;
    }

    /// <summary>X-B3-TraceId, X-B3-SpanId, X-B3-ParentSpanId, X-B3-Sampled, X-B3-Flags; an absent one is empty.</summary>
    public static bool TryParseMulti(
        ReadOnlySpan<byte> trace, ReadOnlySpan<byte> span, ReadOnlySpan<byte> parent, ReadOnlySpan<byte> sampled, ReadOnlySpan<byte> flags,
        out TraceContext context)
    {
        context = default;
        var decision = TraceDecision.Deferred;
        var parentId = default(SpanId);
        if (!TraceId.TryParse(trace, out var traceId) || !SpanId.TryParse(span, out var spanId)) return false;
        if (!parent.IsEmpty && !TryParseParent(parent, out parentId)) return false;
        if (!sampled.IsEmpty && !TryParseSampled(sampled, out decision)) return false;
        if (flags.SequenceEqual("1"u8)) decision = TraceDecision.Debug; // a debug trace has no other decision

        context = new TraceContext
        {
            Format = TraceFormat.B3Multi, TraceId = traceId, SpanId = spanId, ParentSpanId = parentId, Decision = decision,
        };
        return true;
    }

    private static bool TryParseState(ReadOnlySpan<byte> state, out TraceDecision decision)
    {
        decision = state.Length != 1 ? TraceDecision.Deferred : (char)state[0] switch
        {
            '0' => TraceDecision.Deny,
            '1' => TraceDecision.Accept,
            'd' => TraceDecision.Debug,
            _ => TraceDecision.Deferred,
        };
        return decision != TraceDecision.Deferred;
    }

    // "true" and "false" are older than the specification, which permits a reader to accept them.
    private static bool TryParseSampled(ReadOnlySpan<byte> sampled, out TraceDecision decision)
    {
        decision = sampled.SequenceEqual("1"u8) || Ascii.EqualsIgnoreCase(sampled, "true"u8) ? TraceDecision.Accept
            : sampled.SequenceEqual("0"u8) || Ascii.EqualsIgnoreCase(sampled, "false"u8) ? TraceDecision.Deny
            : TraceDecision.Deferred;
        return decision != TraceDecision.Deferred;
    }

    // Some proxies write zeros for the parent of a root span.
    private static bool TryParseParent(ReadOnlySpan<byte> digits, out SpanId parent) =>
        SpanId.TryParse(digits, out parent) || (digits.Length == SpanId.Digits && !digits.ContainsAnyExcept((byte)'0'));
}
