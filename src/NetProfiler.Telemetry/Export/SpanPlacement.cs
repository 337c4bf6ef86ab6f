using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Telemetry.Export;

/// <summary>The span in Zipkin that a sample is attached to.</summary>
internal enum SpanPlacement
{
    /// <summary>The span that the caller's tracer reports.</summary>
    CallersSpan,

    /// <summary>The server's half of that span, which the server's tracer reports.</summary>
    SharedSpan,

    /// <summary>A netprofiler span below the caller's: the id of the server's own span is unknown.</summary>
    ChildSpan,

    /// <summary>A complete netprofiler span in a trace that the application does not report.</summary>
    UnsampledTrace,

    /// <summary>A complete netprofiler span in a trace of its own.</summary>
    OwnTrace,
}

internal static class SpanPlacements
{
    public static SpanPlacement Of(ShownSample sample, SpanSettings settings)
    {
        if (sample.Trace is not { } trace || trace.Format == TraceFormat.SkyWalking) return SpanPlacement.OwnTrace;
        if (trace.Decision == TraceDecision.Deny) return SpanPlacement.UnsampledTrace;

        // A process that forwards a context has no span in the trace, and the span in the context may not be reported at all.
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

    /// <summary>Why a netprofiler span was created, for display. Null if the sample is attached to the application's span.</summary>
    public static string? ReasonOf(SpanPlacement placement) => placement switch
    {
        SpanPlacement.ChildSpan => "the application's span has an identity that the request does not name",
        SpanPlacement.UnsampledTrace => "the application's tracer did not sample this trace",
        SpanPlacement.OwnTrace => "the request names no trace of this system",
        _ => null,
    };
}
