using System.Buffers.Text;
using System.Globalization;

namespace NetProfiler.Analysis.Traces;

/// <summary>The id of a trace, 64 or 128 bits. Zero is invalid.</summary>
public readonly record struct TraceId(UInt128 Bits)
{
    public const int Digits = 32;

    public bool IsZero => Bits == 0;

    /// <summary>Whether the id has at most 64 bits: B3 writes 16 digits then, and Zipkin compares these.</summary>
    public bool IsShort => Bits >> 64 == 0;

    /// <summary>32 digits of lower-case hex, as in W3C Trace Context and OTLP.</summary>
    public override string ToString() => Bits.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>16 digits if these are sufficient, otherwise 32, as in B3 and Zipkin.</summary>
    public string ToShortString() => IsShort ? ((ulong)Bits).ToString("x16", CultureInfo.InvariantCulture) : ToString();

    /// <summary>Parses lower-case hex digits. False for anything else, and for zero.</summary>
    public static bool TryParse(ReadOnlySpan<byte> digits, out TraceId id)
    {
        id = default;
        if (digits.Length is not (16 or 32)) return false;

        ulong high = 0;
        if (digits.Length == 32 && !LowerHex.TryParse(digits[..16], out high)) return false;
        if (!LowerHex.TryParse(digits[^16..], out ulong low)) return false;
        id = new TraceId(new UInt128(high, low));
        return !id.IsZero;
    }
}

/// <summary>The id of a span within its trace. Zero is invalid.</summary>
public readonly record struct SpanId(ulong Bits)
{
    public const int Digits = 16;

    public bool IsZero => Bits == 0;

    public override string ToString() => Bits.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Parses 16 digits of lower-case hex. False for anything else, and for zero.</summary>
    public static bool TryParse(ReadOnlySpan<byte> digits, out SpanId id)
    {
        bool isHex = LowerHex.TryParse(digits, out ulong bits);
        id = new SpanId(bits);
        return isHex && digits.Length == Digits && bits != 0;
    }
}

internal static class LowerHex
{
    /// <summary>At most 16 digits, none of them upper-case: the formats require it, so that an id has one spelling.</summary>
    public static bool TryParse(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiHexDigitLower((char)digit)) return false;
        }

        return digits.Length <= 16 && Utf8Parser.TryParse(digits, out value, out int consumed, 'x') && consumed == digits.Length;
    }
}
