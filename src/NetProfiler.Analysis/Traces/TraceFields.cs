using System.Text;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Traces;

/// <summary>The trace context fields of a request, found in one pass.</summary>
/// <remarks>
/// A repeated field with different values is malformed, except X-B3-*: there the first one is used, as in other readers of B3.
/// </remarks>
internal ref struct TraceFields
{
    public ReadOnlySpan<byte> Traceparent;
    public ReadOnlySpan<byte> Sw8;
    public ReadOnlySpan<byte> B3;
    public ReadOnlySpan<byte> B3TraceId;
    public ReadOnlySpan<byte> B3SpanId;
    public ReadOnlySpan<byte> B3ParentSpanId;
    public ReadOnlySpan<byte> B3Sampled;
    public ReadOnlySpan<byte> B3Flags;

    private static ReadOnlySpan<byte> Malformed => "?"u8;

    public static TraceFields In(ReadOnlySpan<byte> fieldLines)
    {
        var found = new TraceFields();
        foreach (var field in new HeaderFields(fieldLines)) found.Keep(field.Name, field.Value);
        return found;
    }

    // Length and first letter distinguish these from nearly every other field.
    private void Keep(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.IsEmpty) return;
        switch ((name.Length, (char)(name[0] | 0x20)))
        {
            case (2, 'b') when Is(name, "b3"u8): Set(ref B3, value); break;
            case (3, 's') when Is(name, "sw8"u8): Set(ref Sw8, value); break;
            case (10, 'x') when Is(name, "x-b3-flags"u8): SetFirst(ref B3Flags, value); break;
            case (11, 't') when Is(name, "traceparent"u8): Set(ref Traceparent, value); break;
            case (11, 'x') when Is(name, "x-b3-spanid"u8): SetFirst(ref B3SpanId, value); break;
            case (12, 'x') when Is(name, "x-b3-traceid"u8): SetFirst(ref B3TraceId, value); break;
            case (12, 'x') when Is(name, "x-b3-sampled"u8): SetFirst(ref B3Sampled, value); break;
            case (17, 'x') when Is(name, "x-b3-parentspanid"u8): SetFirst(ref B3ParentSpanId, value); break;
        }
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lowerCaseName) => Ascii.EqualsIgnoreCase(name, lowerCaseName);

    private static void Set(ref ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) =>
        field = field.IsEmpty || field.SequenceEqual(value) ? value : Malformed;

    // B3's specification does not define repetition. Brave and every servlet container read the first field of a name.
    private static void SetFirst(ref ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (field.IsEmpty) field = value;
    }
}
