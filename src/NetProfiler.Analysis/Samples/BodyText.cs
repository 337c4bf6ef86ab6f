using System.Security.Cryptography;
using System.Text;
using NetProfiler.Analysis.Redaction;

namespace NetProfiler.Analysis.Samples;

/// <summary>Converts content to text with its secrets masked. Content that is not text is summarized by type, size and digest.</summary>
internal sealed class BodyText(Redactor redactor)
{
    private const int DigestBytes = 8;
    private const int MaxParts = 64;
    private const int MaxMultipartNesting = 2;

    /// <summary>Null if the content is not text.</summary>
    public string? Of(ReadOnlyMemory<byte> content, string contentType) => Of(content, contentType, nesting: 0);

    public static string Summary(ReadOnlySpan<byte> content, string mediaType, bool isCut, long wholeBytes)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, DigestBytes));
        string type = mediaType.Length > 0 ? mediaType : "application/octet-stream";
        if (content.IsEmpty) return $"[{type}, {wholeBytes} bytes]";
        return isCut ? $"[{type}, {wholeBytes} bytes, sha256 of the first {content.Length}: {digest}]"
            : $"[{type}, {wholeBytes} bytes, sha256: {digest}]";
    }

    private string? Of(ReadOnlyMemory<byte> content, string contentType, int nesting)
    {
        var type = MediaType.Parse(contentType);
        if (type.IsMultipart && nesting < MaxMultipartNesting) return Multipart(content, type.Boundary!, nesting);
        if (!type.IsText && !(type.IsNone && LooksLikeText(content.Span))) return null;

        var encoding = type.Encoding();
        var bytes = content.Span;
        if (encoding.CodePage == Encoding.UTF8.CodePage) bytes = bytes[..TextCut.Utf8Length(bytes)];
        string text = WithoutMark(encoding.GetString(bytes));
        return redactor.Text(text, type switch
        {
            { IsJson: true } => TextKind.Json,
            { IsXml: true } => TextKind.Xml,
            { IsForm: true } => TextKind.Form,
            _ => TextKind.Plain,
        });
    }

    // RFC 2046, section 5.1.1. Parts that are not text are summarized; those with a secret name are masked, whatever their type.
    private string Multipart(ReadOnlyMemory<byte> content, string boundary, int nesting)
    {
        byte[] delimiter = Encoding.Latin1.GetBytes("--" + boundary);
        var text = new StringBuilder();
        int position = content.Span.IndexOf(delimiter);
        if (position < 0) return redactor.Masker.Mask(content.Span);

        for (int part = 0; position >= 0; part++)
        {
            position += delimiter.Length;
            if (content.Span[position..].StartsWith("--"u8)) return text.Append("--").Append(boundary).Append("--\r\n").ToString();
            if (part == MaxParts) return text.Append("[more parts]").ToString();

            int next = content.Span[position..].IndexOf(delimiter);
            int end = next < 0 ? content.Length : position + next;
            text.Append("--").Append(boundary).Append("\r\n");
            AppendPart(text, content[position..end], nesting);
            position = next < 0 ? -1 : end;
        }

        return text.ToString();
    }

    private void AppendPart(StringBuilder text, ReadOnlyMemory<byte> part, int nesting)
    {
        int lineEnd = part.Span.IndexOf("\n"u8) + 1; // the rest of the boundary's line
        part = part[lineEnd..];
        var (headEnd, bodyStart) = EndOfPartHead(part.Span);
        string head = Unfolded(Encoding.UTF8.GetString(part.Span[..(headEnd < 0 ? part.Length : headEnd)]));
        string disposition = "", type = "text/plain";
        foreach (string line in head.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':');
            if (colon < 0) continue;
            var (name, value) = (line[..colon].Trim(), line[(colon + 1)..].Trim());
            if (name.Equals("Content-Disposition", StringComparison.OrdinalIgnoreCase)) disposition = value;
            if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) type = value;
            text.Append(name).Append(": ").Append(redactor.Field(name, value)).Append("\r\n");
        }

        text.Append("\r\n");
        if (headEnd < 0) return;

        var body = part[bodyStart..];
        if (body.Span.EndsWith("\n"u8)) body = body.Span.EndsWith("\r\n"u8) ? body[..^2] : body[..^1];
        string? field = MediaType.Parameter(disposition, "name") ?? MediaType.Parameter(disposition, "name*");
        if (field is not null && IsSecret(field)) text.Append(redactor.Masker.Mask(body.Span));
        else text.Append(Of(body, type, nesting + 1) ?? Summary(body.Span, MediaType.Parse(type).Essence, isCut: false, body.Length));
        text.Append("\r\n");
    }

    // Line ends may be LF alone. The head is empty if the part begins with an empty line.
    private static (int HeadEnd, int BodyStart) EndOfPartHead(ReadOnlySpan<byte> part)
    {
        for (int line = 0; line < part.Length;)
        {
            int length = part[line..].IndexOf((byte)'\n');
            if (length < 0) break;
            if (length == 0 || (length == 1 && part[line] == '\r')) return (line, line + length + 1);
            line += length + 1;
        }

        return (-1, part.Length);
    }

    private static string Unfolded(string head) => head.Replace("\r", "", StringComparison.Ordinal)
        .Replace("\n ", " ", StringComparison.Ordinal).Replace("\n\t", " ", StringComparison.Ordinal);

    private bool IsSecret(string field)
    {
        string decoded = PercentText.Decode(field, plusIsSpace: false);
        string last = decoded.TrimEnd(']');
        return redactor.IsSecret(decoded) || redactor.IsSecret(last.AsSpan(last.LastIndexOfAny(['[', '.', '\'']) + 1));
    }

    // Without a type: UTF-8 without control characters, except that the last character may be cut.
    private static bool LooksLikeText(ReadOnlySpan<byte> content)
    {
        foreach (byte one in content)
        {
            if (one is < 0x20 and not ((byte)'\t' or (byte)'\r' or (byte)'\n') or 0x7F) return false;
        }

        return System.Text.Unicode.Utf8.IsValid(content[..TextCut.Utf8Length(content)]);
    }

    private static string WithoutMark(string text) => text.StartsWith('\uFEFF') ? text[1..] : text;
}
