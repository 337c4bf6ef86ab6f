using System.Globalization;

namespace NetProfiler.Node.Output;

/// <summary>Nanoseconds since 1970 as RFC 3339 with nine digits of fraction, in UTC.</summary>
internal static class RfcTime
{
    /// <summary>Length of "2026-01-02T03:04:05.123456789Z".</summary>
    public const int Length = 30;

    public static void Format(long unixNanoseconds, Span<byte> text)
    {
        long seconds = Math.DivRem(unixNanoseconds, 1_000_000_000, out long fraction);
        DateTime.UnixEpoch.AddSeconds(seconds).TryFormat(text, out _, "yyyy-MM-ddTHH:mm:ss.", CultureInfo.InvariantCulture);
        for (int digit = Length - 2; digit >= 20; digit--)
        {
            text[digit] = (byte)('0' + fraction % 10);
            fraction /= 10;
        }

        text[Length - 1] = (byte)'Z';
    }
}
