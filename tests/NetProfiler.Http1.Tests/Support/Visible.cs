using System.Globalization;
using System.Text;

namespace NetProfiler.Http1.Tests.Support;

/// <summary>Bytes as one can read and type them: printable ASCII as it is, the rest as \r \n \t \\ \xNN.</summary>
internal static class Visible
{
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (byte octet in bytes)
        {
            text.Append((char)octet switch
            {
                '\r' => "\\r",
                '\n' => "\\n",
                '\t' => "\\t",
                '\\' => "\\\\",
                >= ' ' and <= '~' and var printable => printable.ToString(),
                _ => $"\\x{octet:X2}",
            });
        }

        return text.ToString();
    }

    public static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
                continue;
            }

            bytes.Add(text[++i] switch
            {
                'r' => (byte)'\r',
                'n' => (byte)'\n',
                't' => (byte)'\t',
                '\\' => (byte)'\\',
                'x' => byte.Parse(text.AsSpan((i += 2) - 1, 2), NumberStyles.HexNumber),
                var other => throw new FormatException($"\\{other} is no escape"),
            });
        }

        return [.. bytes];
    }
}
