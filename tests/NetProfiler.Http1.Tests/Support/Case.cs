namespace NetProfiler.Http1.Tests.Support;

/// <summary>One case of cases/*.md; the format is in cases/README.md.</summary>
internal sealed record Case(string Name, string[] Side, byte[] Bytes, string[] Expected)
{
    public static IReadOnlyDictionary<string, Case> All { get; } = Directory
        .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "cases"), "*.md")
        .Where(path => Path.GetFileName(path) != "README.md")
        .Order()
        .SelectMany(path => Parse(Path.GetFileNameWithoutExtension(path), File.ReadAllLines(path)))
        .ToDictionary(parsed => parsed.Name);

    public Conversation NewConversation() => Side is ["response", .. var methods]
        ? Conversation.OfResponses([.. methods.Select(method => Enum.Parse<RequestMethod>(method, ignoreCase: true))])
        : Conversation.OfRequests();

    private static IEnumerable<Case> Parse(string file, string[] lines)
    {
        const string Heading = "## ", Fence = "```", Bytes = "```http ", Result = "- ";

        for (int i = 0; i < lines.Length;)
        {
            if (!lines[i++].StartsWith(Heading, StringComparison.Ordinal)) continue;

            string name = $"{file}: {lines[i - 1][Heading.Length..]}";
            var text = lines.Skip(i).TakeWhile(line => !line.StartsWith(Heading, StringComparison.Ordinal)).ToList();
            int open = text.FindIndex(line => line.StartsWith(Bytes, StringComparison.Ordinal));
            int close = text.FindIndex(open + 1, line => line == Fence);
            if (open < 0 || close < 0) throw new FormatException($"{name}: no http block");

            yield return new Case(
                name,
                text[open][Bytes.Length..].Split(' '),
                Visible.Bytes(string.Concat(text[(open + 1)..close].Select(Unwrapped))),
                [.. text[close..].Where(line => line.StartsWith(Result, StringComparison.Ordinal)).Select(line => line[Result.Length..])]);
        }
    }

    private static string Unwrapped(string line)
    {
        bool isContinued = line.EndsWith('\\') && !line.EndsWith("\\\\", StringComparison.Ordinal);
        return isContinued ? line[..^1] : line + "\\r\\n";
    }
}
