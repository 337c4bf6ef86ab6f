using System.Text;

namespace NetProfiler.Analysis.Samples;

/// <summary>The parts of a Content-Type (RFC 9110, section 8.3).</summary>
internal readonly record struct MediaType(string Essence, string? Charset, string? Boundary)
{
    private static readonly string[] TextTypes =
    [
        "application/json", "application/xml", "application/x-www-form-urlencoded", "application/graphql", "application/javascript",
        "application/ecmascript", "application/x-javascript", "application/x-ndjson", "application/ndjson", "application/jsonl",
        "application/yaml",
        "application/x-yaml", "application/toml", "application/sql", "application/x-httpd-php", "application/xml-dtd", "application/jwt",
    ];

    public bool IsNone => Essence.Length == 0;

    public bool IsForm => Essence == "application/x-www-form-urlencoded";

    public bool IsMultipart => Essence.StartsWith("multipart/", StringComparison.Ordinal) && Boundary is not null;

    public bool IsJson => Essence.EndsWith("/json", StringComparison.Ordinal) || Essence.EndsWith("+json", StringComparison.Ordinal);

    public bool IsXml => Essence.EndsWith("/xml", StringComparison.Ordinal) || Essence.EndsWith("+xml", StringComparison.Ordinal)
        || Essence == "text/html";

    public bool IsText => Essence.StartsWith("text/", StringComparison.Ordinal) || IsJson || IsXml || TextTypes.Contains(Essence);

    public static MediaType Parse(string contentType)
    {
        int semicolon = contentType.IndexOf(';');
        string essence = (semicolon < 0 ? contentType : contentType[..semicolon]).Trim().ToLowerInvariant();
        return new MediaType(essence, Parameter(contentType, "charset"), Parameter(contentType, "boundary"));
    }

    /// <summary>The encoding of the charset parameter; UTF-8 if absent, or if it is unknown.</summary>
    public Encoding Encoding()
    {
        if (Charset is null || Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return System.Text.Encoding.UTF8;
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(Charset) ?? System.Text.Encoding.GetEncoding(Charset);
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return System.Text.Encoding.UTF8;
        }
    }

    /// <summary>The value of a parameter, as in "a/b; name=value" and "a/b; name=\"value\"".</summary>
    public static string? Parameter(string value, string name)
    {
        int position = value.IndexOf(';');
        while (position >= 0 && position < value.Length)
        {
            position++;
            int equals = value.IndexOf('=', position);
            if (equals < 0) return null;

            bool isWanted = value.AsSpan(position, equals - position).Trim().Equals(name, StringComparison.OrdinalIgnoreCase);
            int start = equals + 1;
            while (start < value.Length && value[start] == ' ') start++;
            if (start < value.Length && value[start] == '"')
            {
                var quoted = new StringBuilder();
                int end = start + 1;
                for (; end < value.Length && value[end] != '"'; end++)
                {
                    if (value[end] == '\\' && end + 1 < value.Length) end++;
                    quoted.Append(value[end]);
                }

                if (isWanted) return quoted.ToString();
                position = value.IndexOf(';', int.Min(end, value.Length));
            }
            else
            {
                int end = value.IndexOf(';', start);
                if (isWanted) return value[start..(end < 0 ? value.Length : end)].Trim();
                position = end;
            }
        }

        return null;
    }
}
