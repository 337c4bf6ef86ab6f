using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace NetProfiler.Http1.Tests.Support;

/// <summary>A case of llhttp's own test suite (corpora/llhttp, MIT): bytes, and what its strict parser makes of them.</summary>
/// <param name="Told">A line for each message, in the words of <see cref="PlainMessage"/>.</param>
/// <param name="IsLenient">The case switches one of llhttp's tolerances on.</param>
internal sealed partial record LlhttpCase(string Name, bool IsResponse, bool IsLenient, bool IsFinished, byte[] Bytes, string[] Told)
{
    public static IReadOnlyDictionary<string, LlhttpCase> All { get; } = Read();

    private static Dictionary<string, LlhttpCase> Read()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "corpora", "llhttp");
        var all = new Dictionary<string, LlhttpCase>();
        foreach (string path in Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string file = Path.ChangeExtension(Path.GetRelativePath(folder, path), null);
            foreach (var one in Parse(file, File.ReadAllText(path)))
            {
                string name = one.Name;
                for (int again = 2; !all.TryAdd(name, one with { Name = name }); again++) name = $"{one.Name} ({again})";
            }
        }

        return all;
    }

    private static IEnumerable<LlhttpCase> Parse(string file, string text)
    {
        string heading = "";
        foreach (Match match in HeadingOrCase().Matches(text))
        {
            if (match.Groups["heading"].Success)
            {
                heading = match.Groups["heading"].Value.Trim();
                continue;
            }

            // a switch of llhttp's, not of the bytes
            if (match.Groups["meta"].Value.Contains("skipBody", StringComparison.Ordinal)) continue;
            string type = TypeOf().Match(match.Groups["meta"].Value).Groups[1].Value;
            byte[] bytes = Unescaped(match.Groups["http"].Value);
            yield return new LlhttpCase(
                $"{file}: {heading}",
                type.StartsWith("response", StringComparison.Ordinal),
                type.Contains("lenient", StringComparison.Ordinal),
                type.EndsWith("finish", StringComparison.Ordinal),
                bytes,
                Messages(bytes, match.Groups["log"].Value, type.StartsWith("response", StringComparison.Ordinal)));
        }
    }

    // As llhttp's own runner reads the block: the last line end is the fence's, a backslash joins lines, the rest end in CRLF.
    private static byte[] Unescaped(string block)
    {
        block = block.Replace("\r\n", "\n", StringComparison.Ordinal);
        if (block.EndsWith('\n')) block = block[..^1];
        block = block.Replace("\\\n", "", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);
        block = Escape().Replace(block, match => match.Groups[1].Value[0] switch
        {
            'r' => "\r",
            'n' => "\n",
            't' => "\t",
            'f' => "\f",
            _ => ((char)byte.Parse(match.Groups[1].ValueSpan[1..], NumberStyles.HexNumber)).ToString(),
        });
        return Encoding.UTF8.GetBytes(block);
    }

    private static string[] Messages(byte[] bytes, string log, bool isResponse)
    {
        var told = new List<string>();
        PlainMessage? message = null;
        foreach (string line in log.Split('\n'))
        {
            if (Span().Match(line) is { Success: true } span)
            {
                message ??= new PlainMessage(isResponse);
                var part = bytes.AsSpan(int.Parse(span.Groups["off"].Value), int.Parse(span.Groups["len"].Value));
                message.Add(span.Groups["kind"].Value, part);
            }
            else if (line.Contains("headers complete", StringComparison.Ordinal))
            {
                if (isResponse) message?.Add("code", Encoding.ASCII.GetBytes(Status().Match(line).Groups[1].Value));
                message?.HeadComplete();
            }
            else if (line.Contains("message complete", StringComparison.Ordinal))
            {
                told.Add(message!.Told("complete"));
                message = null;
            }
            else if (line.Contains("finish=1", StringComparison.Ordinal)) // may end here, and this ends the message
            {
                told.Add(message!.Told("complete"));
                message = null;
            }
            else if (line.Contains("error code=", StringComparison.Ordinal))
            {
                // 22: where llhttp hands an upgraded connection to its user; no fault of the bytes.
                if (!line.Contains("error code=22", StringComparison.Ordinal)) told.Add(message?.Told("invalid") ?? "invalid");
                return [.. told];
            }
        }

        if (message is not null) told.Add(message.Told("open"));
        return [.. told];
    }

    [GeneratedRegex(@"^#+[ ](?<heading>[^\n]*)$|^<!--\s*meta=(?<meta>\{[^\n]*?\})\s*-->\s*```http\n(?<http>[\s\S]*?)^```$(?:(?!```)[\s\S])*```log\n(?<log>[\s\S]*?)```", RegexOptions.Multiline)]
    private static partial Regex HeadingOrCase();

    [GeneratedRegex("\"type\"\\s*:\\s*\"([a-z0-9-]+)\"")]
    private static partial Regex TypeOf();

    [GeneratedRegex(@"\\(r|n|t|f|x[0-9a-fA-F]{2})")]
    private static partial Regex Escape();

    [GeneratedRegex(@"\bstatus=(\d+)")]
    private static partial Regex Status();

    [GeneratedRegex(@"^off=(?<off>\d+) len=(?<len>\d+) span\[(?<kind>\w+)\]")]
    private static partial Regex Span();
}
