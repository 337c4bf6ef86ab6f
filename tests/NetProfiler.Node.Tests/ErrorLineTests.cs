using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace NetProfiler.Node.Tests;

/// <summary>
/// docs/reference/commands.md has every line that <c>run</c>, <c>replay</c> and <c>check</c> can say, by the source. NETPROFILER_ACCEPT=1
/// writes the list anew.
/// </summary>
public sealed partial class ErrorLineTests
{
    private const string Title = "## Every line\n", Remedies = "Preflight.cs";

    /// <summary>Where lines come from. The agent of a cluster logs, and says no lines.</summary>
    private static readonly string[] Folders = ["NetProfiler.Node", "NetProfiler.Cli", "NetProfiler.Capture", "NetProfiler.Web/Import",
        "NetProfiler.Web/Report", "NetProfiler.Telemetry"];

    /// <summary>What says a line, and the exit code after it; "-": it goes on.</summary>
    private static readonly (string Call, string Code)[] Calls =
    [
        ("AddError(", "2"), ("SayAsync(", "-"), ("new TargetNotFoundException(", "1"), ("new UnreadableFileException(", "1"),
        ("new UnreadableResultsException(", "1"),
        ("new CaptureUnavailableException(", "3"), ("new HarFailedException(", "1"), ("new RecordingFailedException(", "1"),
        ("_failures.Add(", "1"), ("StandardError.WriteLineAsync(", ""),
    ];

    /// <summary>The codes of lines that are written where they arise.</summary>
    private static readonly Dictionary<string, string> Written = new()
    {
        ["too many open files: raise the limit, for example by `ulimit -n 1024`"] = "1",
        ["this machine cannot be profiled: …: …"] = "3",
        ["capturing"] = "-",
        ["record to …: …; …"] = "1",
        ["its end is missing"] = "1",
        ["the recording ends here, the run continues"] = "1",
        ["TLS is not read: …; clear text is profiled"] = "-",
        ["processes start faster than they are found: children that targets forked before the capture began may be missing"] = "-",
        ["… is a thread of process … (…), which is profiled"] = "-",
        ["unknown command or option …; see --help"] = "2",
        ["output to …: …"] = "1",
        ["output to standard output: it is closed; write to a file, or to /dev/null"] = "1",
        ["internal error, please report it with these lines: …"] = "1",
        ["…: results, not events: show them with --ui or --report FILE.html"] = "2",
        ["page: …"] = "-",
        ["the page is served until this is interrupted"] = "-",
    };

    [Fact]
    public void The_reference_has_every_line_and_its_exit_code()
    {
        string path = At("docs/reference/commands.md"), text = File.ReadAllText(path);
        var list = new StringBuilder(Title).Append(
            "\nAfter `netprofiler: `; `…` stands for a name, a number or a reason, and `-` for a run that goes on. Made from the source; "
                + "a test compares it. Lines that\nare put together from parts, such as those of task files, are above.\n\n| line | exit "
                + "code |\n| --- | --- |\n");
        foreach (var (line, code) in Lines().Distinct().OrderBy(one => one.Code, StringComparer.Ordinal)
            .ThenBy(one => one.Line, StringComparer.Ordinal))
            list.Append($"| {line.Replace("|", "\\|", StringComparison.Ordinal)} | {code} |\n");
        list.Append("\n`check` says for what is missing:\n\n");
        foreach (string remedy in RemediesOfCheck().Distinct().Order(StringComparer.Ordinal)) list.Append($"- {remedy}\n");
        int start = text.IndexOf(Title, StringComparison.Ordinal);
        string written = (start < 0 ? text + "\n" : text[..start]) + list;
        if (Environment.GetEnvironmentVariable("NETPROFILER_ACCEPT") == "1") File.WriteAllText(path, written);
        Assert.Equal(written, File.ReadAllText(path));
    }

    private static IEnumerable<(string Line, string Code)> Lines()
    {
        foreach (string file in Folders.SelectMany(folder => Directory.GetFiles(At($"src/{folder}"), "*.cs", SearchOption.AllDirectories)))
        {
            if (file.Contains("/obj/", StringComparison.Ordinal) || file.Contains("/bin/", StringComparison.Ordinal)
                || file.Contains("/Cluster/", StringComparison.Ordinal))
                continue;
            string source = Comment().Replace(File.ReadAllText(file), "");
            foreach (var (call, code) in Calls)
            {
                for (int at = 0; (at = source.IndexOf(call, at, StringComparison.Ordinal)) >= 0;)
                {
                    at += call.Length;
                    foreach (string literal in Literals(source, at, isCallOnly: true))
                    {
                        string line = literal.StartsWith("netprofiler: ", StringComparison.Ordinal)
                            ? literal["netprofiler: ".Length..] : literal;
                        // a part, or a subject
                        if (line.Count(char.IsLetter) < 5 || (call == "SayAsync(" && !line.Contains(' ', StringComparison.Ordinal)))
                            continue;
                        yield return (line, code.Length > 0 ? code
                            : Written.GetValueOrDefault(line)
                            ?? throw new InvalidOperationException($"{Path.GetFileName(file)}: add \"{line}\" and its exit code"));
                    }
                }
            }
        }
    }

    private static IEnumerable<string> RemediesOfCheck() =>
        Literals(Comment().Replace(File.ReadAllText(At($"src/NetProfiler.Capture/{Remedies}")), ""), 0, isCallOnly: false)
            .Where(literal => literal.Count(one => one == ' ') >= 3);

    /// <summary>
    /// The string literals from a place on: to the end, or to that of a call's arguments. What is interpolated becomes "…".
    /// </summary>
    private static IEnumerable<string> Literals(string source, int at, bool isCallOnly)
    {
        int depth = 0;
        for (; at < source.Length; at++)
        {
            if (source[at] == '(') depth++;
            else if (source[at] == ')' && --depth < 0 && isCallOnly) yield break;
            else if (source[at] == '\'') at = source.IndexOf('\'', at + (source[at + 1] == '\\' ? 3 : 2));
            else if (source[at] == '"') yield return Concatenation(source, ref at);
        }
    }

    /// <summary>A literal, with those that are added to it. Leaves the place at the last closing quote.</summary>
    private static string Concatenation(string source, ref int at)
    {
        string text = Literal(source, ref at, source[at - 1] == '$');
        while (Continuation().Match(source, at + 1) is { Success: true } plus)
        {
            at += plus.Length;
            text += Literal(source, ref at, source[at - 1] == '$');
        }

        return text;
    }

    // Leaves the place at the closing quote.
    private static string Literal(string source, ref int at, bool isInterpolated)
    {
        var text = new StringBuilder();
        for (at++; source[at] != '"'; at++)
        {
            if (source[at] == '\\') text.Append(source[++at]);
            else if (!isInterpolated || source[at] != '{') text.Append(source[at]);
            else
            {
                int depth = 1;
                while (depth > 0)
                {
                    at++;
                    if (source[at] == '"') Literal(source, ref at, source[at - 1] == '$');
                    else depth += source[at] == '{' ? 1 : source[at] == '}' ? -1 : 0;
                }

                text.Append('…');
            }
        }

        return text.ToString();
    }

    private static string At(string path, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..", path));

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    // The next literal, up to and with its opening quote.
    [GeneratedRegex(@"\G\s*\+\s*\$?""")]
    private static partial Regex Continuation();
}
