using System.Text;

namespace NetProfiler.Telemetry;

/// <summary>Makes label values and help texts, which may contain anything, valid UTF-8 on one line.</summary>
internal static class LabelValue
{
    /// <summary>Replaces unpaired surrogates, which cannot be encoded in UTF-8, by U+FFFD.</summary>
    public static string MakeValid(string value) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value));

    /// <summary>The three escapes of label values in both formats, and of help texts in OpenMetrics.</summary>
    public static string Escape(string value) => EscapeHelp(value).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>The two escapes of help texts in text 0.0.4.</summary>
    public static string EscapeHelp(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
