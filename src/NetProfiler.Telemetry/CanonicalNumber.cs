using System.Globalization;

namespace NetProfiler.Telemetry;

/// <summary>
/// OpenMetrics 1.0, "Canonical Numbers": the unique spelling of a bound (1.0, 0.0001, 1e-05, 4.194304e+06). A series is identified by the
/// text of its labels, so both formats use this spelling, as does Prometheus 3 when it stores a bound.
/// </summary>
internal static class CanonicalNumber
{
    // As in C's %g: exponent notation for an exponent below -4 or above 5.
    private const int MinPlainExponent = -4;
    private const int MaxPlainExponent = 5;

    public static string Format(double value)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "+Inf" : "-Inf";
        if (value == 0) return "0.0";

        var sign = value < 0 ? "-" : "";
        var (digits, exponent) = ShortestDigits(Math.Abs(value));

        return sign + (exponent is < MinPlainExponent or > MaxPlainExponent
            ? Scientific(digits, exponent)
            : Plain(digits, exponent));
    }

    private static string Scientific(string digits, int exponent)
    {
        var fraction = digits.Length > 1 ? "." + digits[1..] : "";
        return $"{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static string Plain(string digits, int exponent)
    {
        if (exponent < 0) return "0." + new string('0', -exponent - 1) + digits;

        var padded = digits.PadRight(exponent + 2, '0');
        return $"{padded[..(exponent + 1)]}.{padded[(exponent + 1)..]}";
    }

    /// <summary>The fewest digits d.ddd x 10^exponent that parse back to the same number, without trailing zeros.</summary>
    private static (string Digits, int Exponent) ShortestDigits(double value)
    {
        for (var precision = 0; ; precision++)
        {
            var text = value.ToString("e" + precision, CultureInfo.InvariantCulture);
            if (precision < 16 && double.Parse(text, CultureInfo.InvariantCulture) != value) continue;

            var e = text.IndexOf('e', StringComparison.Ordinal);
            return (text[..e].Replace(".", "", StringComparison.Ordinal), int.Parse(text[(e + 1)..], CultureInfo.InvariantCulture));
        }
    }
}
