using System.Diagnostics;
using System.Globalization;

namespace NetProfiler.Analysis.Traces;

/// <summary>A trace context that outlives its request, as part of a sample.</summary>
public sealed record TraceReference
{
    public required TraceFormat Format { get; init; }

    public required TraceDecision Decision { get; init; }

    /// <summary>In the notation of its own system: 32 hex digits (W3C), 16 or 32 (B3), any text (SkyWalking).</summary>
    public required string TraceId { get; init; }

    /// <summary>The caller's span; for SkyWalking, a number within the segment.</summary>
    public required string SpanId { get; init; }

    /// <summary>B3: the parent of that span, if present.</summary>
    public string? ParentSpanId { get; init; }

    /// <summary>SkyWalking: the segment of the span.</summary>
    public string? SegmentId { get; init; }

    /// <summary>SkyWalking: the service name of the caller.</summary>
    public string? ParentService { get; init; }

    public string? ParentServiceInstance { get; init; }

    public string? ParentEndpoint { get; init; }

    /// <summary>W3C: tracestate, if well-formed.</summary>
    public string? TraceState { get; init; }

    /// <summary>The name of the format in output: w3c, sw8, b3.</summary>
    public string System => NameOf(Format);

    public static string NameOf(TraceFormat format) => format switch
    {
        TraceFormat.W3C => "w3c",
        TraceFormat.SkyWalking => "sw8",
        TraceFormat.B3Single or TraceFormat.B3Multi => "b3",
        _ => "",
    };

    /// <param name="fieldLines">The field lines that the context was read from.</param>
    public static TraceReference Of(in TraceContext context, ReadOnlySpan<byte> fieldLines)
    {
        if (context.Format == TraceFormat.SkyWalking) return OfSw8(context, fieldLines);

        bool isW3C = context.Format == TraceFormat.W3C;
        return new TraceReference
        {
            Format = context.Format,
            Decision = context.Decision,
            TraceId = isW3C ? context.TraceId.ToString() : context.TraceId.ToShortString(),
            SpanId = context.SpanId.ToString(),
            ParentSpanId = context.ParentSpanId.IsZero ? null : context.ParentSpanId.ToString(),
            TraceState = isW3C ? Tracestate.Read(fieldLines) : null,
        };
    }

    /// <summary>The ids as numbers. False for SkyWalking, whose ids are text.</summary>
    public bool TryGetIds(out TraceId traceId, out SpanId spanId)
    {
        (traceId, spanId) = (default, default);
        if (Format == TraceFormat.SkyWalking) return false;

        traceId = new TraceId(UInt128.Parse(TraceId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        spanId = new SpanId(ulong.Parse(SpanId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }

    private static TraceReference OfSw8(in TraceContext context, ReadOnlySpan<byte> fieldLines)
    {
        if (!Sw8.TryParse(context.Value.Of(fieldLines), out var sw8)) throw new UnreachableException("it was parsed when it was found");
        return new TraceReference
        {
            Format = context.Format,
            Decision = context.Decision,
            TraceId = Sw8.Decode(sw8.TraceId),
            SegmentId = Sw8.Decode(sw8.SegmentId),
            SpanId = int.Parse(sw8.SpanId, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
            ParentService = Sw8.Decode(sw8.Service),
            ParentServiceInstance = Sw8.Decode(sw8.ServiceInstance),
            ParentEndpoint = Sw8.Decode(sw8.Endpoint),
        };
    }
}
