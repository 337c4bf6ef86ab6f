using System.Globalization;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Traces;

/// <summary>The format of a request's trace context.</summary>
public enum TraceFormat : byte
{
    None,

    /// <summary>W3C Trace Context: traceparent and tracestate.</summary>
    W3C,

    /// <summary>SkyWalking cross-process propagation, version 3: sw8.</summary>
    SkyWalking,

    /// <summary>B3 in one field: b3.</summary>
    B3Single,

    /// <summary>B3 in several fields: X-B3-TraceId and others.</summary>
    B3Multi,
}

/// <summary>The caller's decision about recording the trace. It does not affect which exchanges are sampled here.</summary>
public enum TraceDecision : byte
{
    /// <summary>Left to the next service.</summary>
    Deferred,
    Deny,
    Accept,

    /// <summary>Accept, regardless of any limit (B3).</summary>
    Debug,
}

/// <summary>
/// The trace context of a request, as values and slices of its field lines: it allocates nothing until the exchange is sampled
/// (<see cref="TraceReference"/>).
/// </summary>
public readonly record struct TraceContext
{
    public TraceFormat Format { get; internal init; }

    /// <summary>Not set for sw8, whose ids are text.</summary>
    public TraceId TraceId { get; internal init; }

    /// <summary>The caller's span. With B3, it may also be the callee's.</summary>
    public SpanId SpanId { get; internal init; }

    /// <summary>B3 only; zero if absent.</summary>
    public SpanId ParentSpanId { get; internal init; }

    public TraceDecision Decision { get; internal init; }

    /// <summary>Writes the trace id in the notation of its own system; returns its bytes, at most <see cref="MaxTextBytes"/>.</summary>
    /// <param name="fieldLines">The field lines that the context was read from.</param>
    public int FormatTraceId(ReadOnlySpan<byte> fieldLines, Span<byte> text)
    {
        if (Format == TraceFormat.SkyWalking) return Sw8.TryParse(Value.Of(fieldLines), out var sw8) ? Sw8.Decode(sw8.TraceId, text) : 0;
        bool isShort = Format != TraceFormat.W3C && TraceId.IsShort;
        TraceId.Bits.TryFormat(text, out int length, isShort ? "x16" : "x32", CultureInfo.InvariantCulture);
        return length;
    }

    /// <summary>Same as <see cref="FormatTraceId"/> for the span id.</summary>
    public int FormatSpanId(ReadOnlySpan<byte> fieldLines, Span<byte> text)
    {
        int length;
        if (Format != TraceFormat.SkyWalking)
        {
            SpanId.Bits.TryFormat(text, out length, "x16", CultureInfo.InvariantCulture);
            return length;
        }

        return Sw8.TryParse(Value.Of(fieldLines), out var sw8) && sw8.SpanId.TryCopyTo(text) ? sw8.SpanId.Length : 0;
    }

    public const int MaxTextBytes = Sw8.MaxBytes;

    /// <summary>For sw8: the whole value, within the field lines.</summary>
    internal Slice Value { get; init; }
}
