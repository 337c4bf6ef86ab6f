namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// A value on the lines below its name: <c>password: |</c>, <c>key: >-</c>, or a name without a value on its line, followed by lines that
/// are indented further.
/// </summary>
internal static class YamlBlock
{
    private const int MaxIndicator = 4;
    private static readonly System.Buffers.SearchValues<char> Indicators = System.Buffers.SearchValues.Create("+-0123456789");

    /// <param name="colon">End of the name.</param>
    public static bool TryFind(string text, int colon, out int start, out int length)
    {
        (start, length) = (0, 0);
        int lineEnd = text.IndexOf('\n', colon);
        if (lineEnd < 0) return false;
        var rest = text.AsSpan(colon + 1, lineEnd - colon - 1).Trim();
        if (rest.Length > MaxIndicator || (rest.Length > 0 && (rest[0] is not ('|' or '>') || rest[1..].ContainsAnyExcept(Indicators))))
            return false;

        int lineStart = text.LastIndexOf('\n', colon) + 1;
        int indent = IndentAt(text, lineStart), end = lineEnd;
        for (int next = lineEnd + 1; next < text.Length;)
        {
            int nextEnd = text.IndexOf('\n', next);
            if (nextEnd < 0) nextEnd = text.Length;
            bool isBlank = text.AsSpan(next, nextEnd - next).Trim().IsEmpty;
            if (!isBlank && IndentAt(text, next) <= indent) break;
            if (!isBlank)
            {
                if (start == 0) start = next + IndentAt(text, next);
                end = text[nextEnd - 1] == '\r' ? nextEnd - 1 : nextEnd;
            }

            next = nextEnd + 1;
        }

        if (start == 0) return false;
        // JSON over several lines: keep the quotes.
        if (text[start] is '"' or '\'' && text.IndexOf(text[start], start + 1) is >= 0 and var quote && quote < end)
            (start, end) = (start + 1, quote);
        length = end - start;
        return length > 0 && !text.AsSpan(start, length).Contains("[masked:", StringComparison.Ordinal);
    }

    private static int IndentAt(string text, int at)
    {
        int start = at;
        while (at < text.Length && text[at] is ' ' or '\t') at++;
        return at - start;
    }
}
