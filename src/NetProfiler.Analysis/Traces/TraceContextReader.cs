using NetProfiler.Http1;

namespace NetProfiler.Analysis.Traces;

/// <summary>Reads the trace context of a request: the first format that is present and well-formed. Does not allocate.</summary>
public sealed class TraceContextReader
{
    private readonly TraceFormat[] _formats;

    /// <param name="formats">The formats to try, in order.</param>
    public TraceContextReader(params ReadOnlySpan<TraceFormat> formats) => _formats = formats.ToArray();

    /// <summary>Every format: traceparent, sw8, b3, X-B3-*.</summary>
    public static TraceContextReader Default { get; } =
        new(TraceFormat.W3C, TraceFormat.SkyWalking, TraceFormat.B3Single, TraceFormat.B3Multi);

    public bool TryRead(ReadOnlySpan<byte> fieldLines, out TraceContext context)
    {
        var fields = TraceFields.In(fieldLines);
        foreach (var format in _formats)
        {
            if (TryParse(format, fields, fieldLines, out context)) return true;
        }

        context = default;
        return false;
    }

    private static bool TryParse(TraceFormat format, in TraceFields fields, ReadOnlySpan<byte> fieldLines, out TraceContext context)
    {
        context = default;
        return format switch
        {
            TraceFormat.W3C => Traceparent.TryParse(fields.Traceparent, out context),
            TraceFormat.SkyWalking => TryParseSw8(fields.Sw8, fieldLines, out context),
            TraceFormat.B3Single => B3.TryParseSingle(fields.B3, out context),
            TraceFormat.B3Multi => B3.TryParseMulti(
                fields.B3TraceId, fields.B3SpanId, fields.B3ParentSpanId, fields.B3Sampled, fields.B3Flags, out context),
            _ => false,
        };
    }

    private static bool TryParseSw8(ReadOnlySpan<byte> value, ReadOnlySpan<byte> fieldLines, out TraceContext context)
    {
        context = default;
        if (!fieldLines.Overlaps(value, out int start) || !Sw8.TryParse(value, out var sw8)) return false;

        context = new TraceContext
        {
            Format = TraceFormat.SkyWalking,
            Decision = sw8.IsSampled ? TraceDecision.Accept : TraceDecision.Deny,
            Value = new Slice(start, value.Length),
        };
        return true;
    }
}
