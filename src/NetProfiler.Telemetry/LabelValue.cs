using System.Text;

namespace NetProfiler.Telemetry;

/// <summary>Label values and help texts come from anywhere; what is written of them is valid UTF-8 on one line.</summary>
internal static class LabelValue
{
    /// <summary>Replaces unpaired surrogates, which have no UTF-8 form, by U+FFFD.</summary>
    public static string MakeValid(string value) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value));

    /// <summary>The three escapes that both formats know in label values, and OpenMetrics in help texts.</summary>
    public static string Escape(string value) => EscapeHelp(value).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>The two escapes that text 0.0.4 knows in help texts.</summary>
    public static string EscapeHelp(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
