using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Telemetry.Export;

/// <summary>Where a sample stands in Zipkin.</summary>
internal enum SpanPlacement
{
    /// <summary>On the span that the caller's tracer reports.</summary>
    CallersSpan,

    /// <summary>On the server's half of that span, which the server's tracer reports.</summary>
    SharedSpan,

    /// <summary>On a span of ours below the caller's: the identity of the server's own span is not known.</summary>
    ChildSpan,

    /// <summary>On a complete span of ours in a trace that nobody else reports.</summary>
    UnsampledTrace,

    /// <summary>On a complete span of ours in a trace of its own.</summary>
    OwnTrace,
}

internal static class SpanPlacements
{
    public static SpanPlacement Of(ShownSample sample, SpanSettings settings)
    {
        if (sample.Trace is not { } trace || trace.Format == TraceFormat.SkyWalking) return SpanPlacement.OwnTrace;
        if (trace.Decision == TraceDecision.Deny) return SpanPlacement.UnsampledTrace;

        // Who passes a context on has no span in the trace, and the one that it names may be reported by nobody.
        if (sample.SpanUse == SpanUse.Forwarded) return SpanPlacement.ChildSpan;
        if (sample.Role == EndpointRole.Client) return SpanPlacement.CallersSpan;
        bool isJoined = settings.ServerSpans switch
        {
            ServerSpans.Joined => true,
            ServerSpans.Separate => false,
            _ => sample.SpanUse == SpanUse.Joined || (sample.SpanUse == SpanUse.Unknown && trace.Format != TraceFormat.W3C),
        };
        return isJoined ? SpanPlacement.SharedSpan : SpanPlacement.ChildSpan;
    }

    /// <summary>Why a span of ours stands there, for people. Null: it stands on the application's.</summary>
    public static string? ReasonOf(SpanPlacement placement) => placement switch
    {
        SpanPlacement.ChildSpan => "the application's span has an identity that the request does not name",
        SpanPlacement.UnsampledTrace => "the application's tracer did not sample this trace",
        SpanPlacement.OwnTrace => "the request names no trace of this system",
        _ => null,
    };
}
