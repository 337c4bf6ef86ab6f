using System.Globalization;

namespace NetProfiler.Node.Run;

/// <summary>Parses durations: 500ms, 30s, 10m, 2h, 7d; a plain number is in seconds.</summary>
internal static class DurationText
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400), ("", 1)];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        foreach (var (unit, seconds) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            bool isNumber = double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out double number);
            if (!isNumber) continue;
            if (number * seconds is <= 0 or > 366 * 86400) return false;
            duration = TimeSpan.FromSeconds(number * seconds);
            return true;
        }

        return false;
    }
}
