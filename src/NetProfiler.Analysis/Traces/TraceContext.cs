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

    /// <summary>sw8: the whole value, within the field lines.</summary>
    internal Slice Value { get; init; }
}
