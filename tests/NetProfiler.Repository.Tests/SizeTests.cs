using System.Text.RegularExpressions;

namespace NetProfiler.Repository.Tests;

/// <summary>Lines, functions, constructors and files keep a size that is read at one sitting.</summary>
public partial class SizeTests
{
    private const int MaxColumns = 140;
    private const int MaxFileLines = 250;
    private const int MaxFunctionLines = 45;
    private const int MaxParameters = 6;

    /// <summary>Files that are longer, and the lines that they may have. They shrink; none is added.</summary>
    private static readonly Dictionary<string, int> LongFiles = new()
    {
        ["src/NetProfiler.Analysis/ExchangePipeline.cs"] = 311,
        ["src/NetProfiler.Api/Resources/NetworkProfilingTaskStatus.cs"] = 322,
        ["src/NetProfiler.Capture/CaptureSession.cs"] = 535,
        ["src/NetProfiler.Capture/Recordings/RecordWriter.cs"] = 282,
        ["src/NetProfiler.Capture/Recordings/Recorder.cs"] = 309,
        ["src/NetProfiler.Node/Exchanges/ExchangeObserver.cs"] = 256,
        ["src/NetProfiler.Telemetry/Export/SampleExporter.cs"] = 259,
    };

    /// <summary>Functions that are longer. They shrink; none is added.</summary>
    private static readonly Dictionary<string, int> LongFunctions = new()
    {
        ["src/NetProfiler.Analysis/Samples/SampleContent.cs: Show"] = 60,
        ["src/NetProfiler.Capture/CaptureSession.cs: Load"] = 62,
        ["src/NetProfiler.Capture/EventDecoder.cs: Accept"] = 50,
        ["src/NetProfiler.Node/Cluster/NodeCommand.cs: Create"] = 61,
        ["src/NetProfiler.Node/Exchanges/ExchangeObserver.cs: Observe"] = 51,
        ["src/NetProfiler.Node/Exchanges/Snapshot.cs: Take"] = 56,
        ["src/NetProfiler.Node/Metrics/ProfilerCounters.cs: AddAnalysis"] = 49,
        ["src/NetProfiler.Node/Replay/ReplayRun.cs: RunAsync"] = 48,
        ["src/NetProfiler.Node/Report/ExchangeReport.cs: FollowAsync"] = 49,
        ["src/NetProfiler.Node/Run/ProfilingRun.cs: RunAsync"] = 65,
        ["src/NetProfiler.Node/Run/RunCommand.cs: Create"] = 78,
        ["src/NetProfiler.Operator/Hosting/OperatorCommand.cs: Create"] = 58,
    };

    [Fact]
    public void No_line_is_wider_than_the_editor() => Repository.AssertNone(
        from path in Sources().Concat(Repository.Files("bpf", ".c", ".h"))
        from line in Repository.Read(path).Split('\n').Index()
        let columns = line.Item.Sum(character => character == '\t' ? 8 : 1)
        where columns > MaxColumns && !line.Item.TrimStart().StartsWith("[GeneratedRegex(", StringComparison.Ordinal)
        select $"{path}:{line.Index + 1}: {columns} columns");

    [Fact]
    public void No_line_of_a_test_is_wider_but_for_its_data() => Repository.AssertNone(
        from path in Repository.Files("tests", ".cs")
        from line in RawString().Replace(Repository.Read(path), BlankLines).Split('\n').Index()
        let columns = String().Replace(line.Item, "\"\"").Length
        where columns > MaxColumns
        select $"{path}:{line.Index + 1}: {columns} columns");

    [Fact]
    public void No_file_is_too_long() => Repository.AssertNone(
        from path in Sources()
        let lines = Repository.Read(path).Count(character => character == '\n')
        where lines > LongFiles.GetValueOrDefault(path, MaxFileLines)
        select $"{path}: {lines} lines");

    [Fact]
    public void No_function_is_too_long() => Repository.AssertNone(
        from path in Sources()
        from function in Functions(Repository.Read(path))
        where function.Lines > LongFunctions.GetValueOrDefault($"{path}: {function.Name}", MaxFunctionLines)
        select $"{path}: {function.Name}: {function.Lines} lines");

    [Fact]
    public void No_exception_is_left_that_is_not_needed() => Repository.AssertNone(
        LongFiles.Keys.Where(path => Repository.Read(path).Count(character => character == '\n') <= MaxFileLines)
            .Concat(LongFunctions.Keys.Where(key => !Functions(Repository.Read(key.Split(": ")[0]))
                .Any(function => function.Name == key.Split(": ")[1] && function.Lines > MaxFunctionLines))));

    [Fact]
    public void No_constructor_has_too_many_parameters() => Repository.AssertNone(
        from path in Sources()
        let text = Repository.Read(path)
        from type in PrimaryConstructor().Matches(text).Concat(Constructor().Matches(text))
            .Where(type => !text.Contains($"struct {type.Groups["name"].Value}", StringComparison.Ordinal))
        let parameters = Parameters(type.Groups["parameters"].Value)
        where parameters > MaxParameters
        select $"{path}: {type.Groups["name"].Value}: {parameters} parameters");

    private static IEnumerable<string> Sources() => Repository.Files("src", ".cs");

    private static string BlankLines(Match data) => $"\"{new string('\n', data.Value.Count(character => character == '\n'))}\"";

    // Formatted code: the brace that opens a function is alone on its line, the one that closes it has the same indentation.
    private static IEnumerable<(string Name, int Lines)> Functions(string text)
    {
        string[] lines = text.Split('\n');
        for (int open = 1; open < lines.Length; open++)
        {
            if (lines[open].Trim() != "{") continue;
            string indentation = lines[open][..^1];
            int first = open - 1;
            while (first > 0 && lines[first].StartsWith(indentation + " ", StringComparison.Ordinal)) first--;
            if (FunctionName().Match(lines[first]) is not { Success: true } name || TypeOrStatement().IsMatch(lines[first])) continue;
            int close = Array.FindIndex(lines, open, line => line.StartsWith(indentation + "}", StringComparison.Ordinal));
            yield return (name.Groups["name"].Value, close - first + 1);
        }
    }

    // Commas outside of nested brackets.
    private static int Parameters(string list)
    {
        int depth = 0;
        return string.IsNullOrWhiteSpace(list) ? 0 : 1 + list.Count(character =>
        {
            depth += character is '(' or '<' or '[' or '{' ? 1 : character is ')' or '>' or ']' or '}' ? -1 : 0;
            return depth == 0 && character == ',';
        });
    }

    [GeneratedRegex(@"(?<name>\w+)(<[\w, ]+>)?\(")]
    private static partial Regex FunctionName();

    [GeneratedRegex(@"^\s*(?:(?:if|else|for|foreach|while|switch|using|lock|fixed|catch|try|do)\b|[\w ]*\b(?:class|struct|interface|enum|record|namespace)\b)")]
    private static partial Regex TypeOrStatement();

    // Not of a record or a structure: these members are its data, not dependencies.
    [GeneratedRegex(@"^\s*(?:public|internal|private)(?! record)[\w ]*\bclass (?<name>\w+)(?:<[\w, ]+>)?\((?<parameters>[^;{]*?)\)(?=\s*[:;{\n])", RegexOptions.Multiline)]
    private static partial Regex PrimaryConstructor();

    [GeneratedRegex(@"^    (?:public|internal|private) (?<name>[A-Z]\w+)\((?<parameters>[^;{]*?)\)(?=\s*[:{=\n])", RegexOptions.Multiline)]
    private static partial Regex Constructor();

    [GeneratedRegex("\"{3,}[\\s\\S]*?\"{3,}")]
    private static partial Regex RawString();

    [GeneratedRegex("\"(?:\\\\.|[^\"\\\\\\n])*\"")]
    private static partial Regex String();
}
