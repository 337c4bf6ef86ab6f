using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace NetProfiler.Analysis.Traces;

/// <summary>
/// SkyWalking cross-process propagation headers, version 3: eight fields joined by dashes, with the texts in base64 with padding.
/// </summary>
internal readonly ref struct Sw8
{
    /// <summary>The specification's "less than 2 KB".</summary>
    public const int MaxBytes = 2048;

    private static readonly SearchValues<byte> Base64Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    public bool IsSampled { get; private init; }
    public ReadOnlySpan<byte> TraceId { get; private init; }
    public ReadOnlySpan<byte> SegmentId { get; private init; }
    public ReadOnlySpan<byte> SpanId { get; private init; }
    public ReadOnlySpan<byte> Service { get; private init; }
    public ReadOnlySpan<byte> ServiceInstance { get; private init; }
    public ReadOnlySpan<byte> Endpoint { get; private init; }
    public ReadOnlySpan<byte> TargetAddress { get; private init; }

    public static bool TryParse(ReadOnlySpan<byte> value, out Sw8 sw8)
    {
        var parts = new DashedParts(value);
        var sample = parts.Take();
        sw8 = new Sw8
        {
            IsSampled = sample.SequenceEqual("1"u8),
            TraceId = parts.Take(),
            SegmentId = parts.Take(),
            SpanId = parts.Take(),
            Service = parts.Take(),
            ServiceInstance = parts.Take(),
            Endpoint = parts.Take(),
            TargetAddress = parts.Take(),
        };

        return value.Length < MaxBytes && !parts.TryTake(out _) &&
            (sw8.IsSampled || sample.SequenceEqual("0"u8)) && IsNumber(sw8.SpanId) &&
            IsText(sw8.TraceId) && IsText(sw8.SegmentId) && IsText(sw8.Service) && IsText(sw8.ServiceInstance) &&
            IsText(sw8.Endpoint) && IsText(sw8.TargetAddress);
    }

    /// <summary>Decodes the text of a parsed part, which is at most as long as the part.</summary>
    public static int Decode(ReadOnlySpan<byte> part, Span<byte> text) =>
        Base64.DecodeFromUtf8(part, text, out _, out int written) == OperationStatus.Done ? written : 0;

    public static string Decode(ReadOnlySpan<byte> part)
    {
        Span<byte> text = stackalloc byte[MaxBytes];
        return Encoding.UTF8.GetString(text[..Decode(part, text)]);
    }

    private static bool IsNumber(ReadOnlySpan<byte> part) =>
        !part.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(part, out int _, out int consumed)
            && consumed == part.Length;

    // Every part must be present; a text that is not UTF-8 could not be exported.
    private static bool IsText(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty || part.ContainsAnyExcept(Base64Characters)) return false;
        Span<byte> text = stackalloc byte[MaxBytes];
        bool isBase64 = Base64.DecodeFromUtf8(part, text, out int consumed, out int written) == OperationStatus.Done
            && consumed == part.Length;
        return isBase64 && written > 0 && Utf8.IsValid(text[..written]);
    }
}
