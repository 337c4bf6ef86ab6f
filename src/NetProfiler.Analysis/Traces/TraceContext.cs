using System.Globalization;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Traces;

/// <summary>How a request names the trace that it belongs to.</summary>
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

/// <summary>What the caller decided about recording the trace. It says nothing about our samples.</summary>
public enum TraceDecision : byte
{
    /// <summary>Left to who comes next.</summary>
    Deferred,
    Deny,
    Accept,

    /// <summary>Accept, past every limit (B3).</summary>
    Debug,
}

/// <summary>
/// The trace context of a request, as values and slices of its field lines: nothing is allocated until it is sampled
/// (<see cref="TraceReference"/>).
/// </summary>
public readonly record struct TraceContext
{
    public TraceFormat Format { get; internal init; }

    /// <summary>Not for sw8, whose identities are text.</summary>
    public TraceId TraceId { get; internal init; }

    /// <summary>The span that the caller named: its own, which for B3 may be the callee's too.</summary>
    public SpanId SpanId { get; internal init; }

    /// <summary>B3 only; zero where none was named.</summary>
    public SpanId ParentSpanId { get; internal init; }

    public TraceDecision Decision { get; internal init; }

    /// <summary>Writes the trace's identity as its own system has it; returns its bytes, at most <see cref="MaxTextBytes"/>.</summary>
    /// <param name="fieldLines">Those that the context was read from.</param>
    public int FormatTraceId(ReadOnlySpan<byte> fieldLines, Span<byte> text)
    {
        if (Format == TraceFormat.SkyWalking) return Sw8.TryParse(Value.Of(fieldLines), out var sw8) ? Sw8.Decode(sw8.TraceId, text) : 0;
        bool isShort = Format != TraceFormat.W3C && TraceId.IsShort;
        TraceId.Bits.TryFormat(text, out int length, isShort ? "x16" : "x32", CultureInfo.InvariantCulture);
        return length;
    }

    /// <summary>The same of the span's identity.</summary>
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

    /// <summary>sw8: the whole value, within the field lines.</summary>
    internal Slice Value { get; init; }
}
