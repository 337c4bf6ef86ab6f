using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Masks a complete head with <see cref="Redactor"/>, as for samples. A value that would be redacted is overwritten in place, so that
/// lengths do not change. Line ends and other control characters stay, so that a faulty head stays faulty.
/// </summary>
internal sealed class WholeHeadMask(Redactor redactor)
{
    public void Mask(Span<byte> head)
    {
        int lineEnd = EndOfLine(head, 0);
        MaskStartLine(head[..lineEnd]);
        while (lineEnd < head.Length)
        {
            int start = lineEnd;
            lineEnd = EndOfLine(head, start);
            while (lineEnd < head.Length && head[lineEnd] is (byte)' ' or (byte)'\t') lineEnd = EndOfLine(head, lineEnd); // a folded line
            MaskField(head[start..lineEnd]);
        }
    }

    private static int EndOfLine(ReadOnlySpan<byte> head, int start) =>
        head[start..].IndexOf((byte)'\n') is >= 0 and var length ? start + length + 1 : head.Length;

    private void MaskStartLine(Span<byte> line)
    {
        int start = line.IndexOf((byte)' ') + 1;
        if (start == 0) return;
        if (line.StartsWith("HTTP/"u8))
        {
            int reason = line[start..].IndexOf((byte)' ');
            if (reason >= 0) MaskText(line[(start + reason)..]);
            return;
        }

        int end = line.LastIndexOf(" HTTP/"u8);
        MaskTarget(end <= start ? line[start..] : line[start..end]);
    }

    private void MaskTarget(Span<byte> target)
    {
        string text = Text(target);
        if (redactor.Target(text) == text) return;

        // Mask the parts of the target that contain a secret on their own; if there are none, mask the whole target.
        bool isFound = false;
        int query = target.IndexOfAny("?#"u8);
        var path = query < 0 ? target : target[..query];
        string pathText = Text(path);
        if (redactor.Target(pathText) != pathText)
        {
            isFound = true;
            Hide(path[(path.Length > 0 && path[0] == '/' ? 1 : 0)..]);
        }

        for (int at = path.Length; at < target.Length;)
        {
            int length = target[(at + 1)..].IndexOfAny("&;?#"u8);
            int end = length < 0 ? target.Length : at + 1 + length;
            string parameter = "/?" + Text(target[(at + 1)..end]);
            if (redactor.Target(parameter) != parameter)
            {
                isFound = true;
                int equals = target[at..end].IndexOf((byte)'=');
                Hide(target[(at + 1 + int.Max(equals, 0))..end]);
            }

            at = end;
        }

        if (!isFound) Hide(target[1..]);
    }

    private void MaskField(Span<byte> line)
    {
        int colon = line.IndexOf((byte)':');
        if (colon < 0)
        {
            MaskText(line);
            return;
        }

        string name = Text(line[..colon]).Trim();
        if (FramingFields.Contains(name)) return;
        var value = line[(colon + 1)..];
        string text = Text(value).Replace('\r', ' ').Replace('\n', ' ').Trim();
        if (redactor.Field(name, text) != text) Hide(value);
    }

    private void MaskText(Span<byte> bytes)
    {
        string text = Text(bytes);
        if (redactor.Text(text, TextKind.Plain) != text) Hide(bytes);
    }

    // Latin-1: one byte per character, so positions are the same in both.
    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static void Hide(Span<byte> bytes)
    {
        foreach (ref byte one in bytes)
        {
            if (one is not (<= 0x20 or 0x7F)) one = (byte)'*';
        }
    }
}
