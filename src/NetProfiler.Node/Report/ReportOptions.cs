using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using NetProfiler.Api.TaskFiles;
using NetProfiler.Cli;
using NetProfiler.Node.Samples;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Report;

/// <summary>The options for the output about exchanges, the same for all sources.</summary>
internal sealed class ReportOptions
{
    private const int MaxTasks = 32; // same as on a node

    private readonly Option<string[]> _tasks = new("--file", "-f")
    {
        Description = "Use the sampling rules of this NetworkProfilingTask (YAML). Repeatable; each task has its own rules, lists and "
            + "budgets.", HelpName = "TASK.yaml",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string?> _output =
        new("--output") { Description = "Output format. Default: a live table on a terminal, json otherwise.",
        HelpName = "table|json|none" };
    private readonly Option<string> _print = new("--print") { Description = "What to print as JSON lines.", HelpName = "samples|exchanges",
        DefaultValueFactory = _ => "samples" };
    private readonly Option<string?> _pairing = new("--pairing")
    {
        Description = "Which exchanges to count after events were lost: any, or proven ones only. Default: as set in the task, "
            + "otherwise any.", HelpName = "any|proven",
    };
    private readonly Option<string> _listen;
    private readonly Option<string?> _topology =
        new("--topology") { Description = "Write the service topology to standard output at the end.", HelpName = "dot|mermaid|json" };
    private readonly CollectorOptions _collectors = new("samples");
    private readonly Option<string?> _har = new("--har") { Description = "Write samples to an HTTP archive (HAR), which browsers can open.",
        HelpName = "FILE" };

    private readonly Option<bool> _ui =
        new("--ui") { Description = "Serve a web page with the results on loopback. Prints a link that works once." };
    private readonly Option<string?> _report =
        new("--report") { Description = "Write the web page and its data to one HTML file at the end.", HelpName = "FILE.html" };

    public ReportOptions(string defaultListen)
    {
        _listen = new("--metrics-listen") { Description = "Address of the /metrics endpoint; `none` disables it.", HelpName = "ADDR:PORT",
            DefaultValueFactory = _ => defaultListen };
        _tasks.Validators.Add(result =>
        {
            if (result.Tokens.Count > MaxTasks) result.AddError($"--file can be given at most {MaxTasks} times");
        });
        _output.Validators.Add(result => OneOf(result, "table", "json", "none"));
        _print.Validators.Add(result => OneOf(result, "samples", "exchanges"));
        _pairing.Validators.Add(result => OneOf(result, "any", "proven"));
        _topology.Validators.Add(result => OneOf(result, "dot", "mermaid", "json"));
        _har.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }]) result.AddError("--har: name a file");
        });
        _report.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }]) result.AddError("--report: name a file");
        });
        _listen.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !ListenAddress.TryParse(token.Value, out _, out string? error))
                result.AddError($"--metrics-listen: {error}");
        });
    }

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _tasks, _listen, _output, _print, _pairing }) command.Add(option);
        _collectors.AddTo(command);
        command.Add(_har);
        command.Add(_topology);
        command.Add(_ui);
        command.Add(_report);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_topology) is not null && result.GetResult(_output) is { Tokens: [{ Value: "json" }] })
                result.AddError("--topology and --output json both write to standard output; choose one");
        });
    }

    /// <summary>Null if a task file is faulty, which has been reported.</summary>
    public async Task<ReportSettings?> ReadAsync(ParseResult parsed)
    {
        _ = ListenAddress.TryParse(parsed.GetValue(_listen)!, out var address, out string? _);
        if (await ReadTasksAsync(parsed.GetValue(_tasks) ?? []).ConfigureAwait(false) is not { } plans) return null;
        if (parsed.GetValue(_pairing) is { } pairing) plans = [.. plans.Select(plan => plan with { IsProvenOnly = pairing == "proven" })];
        TopologyFormat? topology = parsed.GetValue(_topology) switch
        {
            "dot" => TopologyFormat.Dot,
            "mermaid" => TopologyFormat.Mermaid,
            "json" => TopologyFormat.Json,
            _ => null,
        };
        var output = parsed.GetValue(_output) switch
        {
            "table" => OutputMode.Table,
            "json" => OutputMode.Json,
            "none" => OutputMode.None,
            _ when topology is not null => Console.IsOutputRedirected ? OutputMode.None : OutputMode.Table,
            _ => Console.IsOutputRedirected ? OutputMode.Json : OutputMode.Table,
        };
        return new ReportSettings(
            plans, address, output, parsed.GetValue(_print) == "exchanges" ? PrintMode.Exchanges : PrintMode.Samples,
            _collectors.Read(parsed) with { HarPath = parsed.GetValue(_har) })
        {
            Topology = topology,
            Page = new PageSettings(parsed.GetValue(_ui), parsed.GetValue(_report)),
        };
    }

    /// <summary>Whether task files say what to do.</summary>
    public bool HasTasks(ParseResult parsed) => parsed.GetValue(_tasks) is { Length: > 0 };

    private static async Task<IReadOnlyList<ProfilingPlan>?> ReadTasksAsync(string[] paths)
    {
        var plans = new List<ProfilingPlan>();
        bool isValid = true;
        foreach (string path in paths)
        {
            var reading = TaskFile.Read(path, TaskFileUse.Standalone);
            foreach (string fault in reading.FaultLines) await StandardError.WriteLineAsync($"netprofiler: {fault}").ConfigureAwait(false);
            isValid &= reading.IsValid;
            if (reading.IsValid) plans.Add(ProfilingPlan.Of(reading.Task.Spec) with { Task = reading.Task.Metadata.Name });
        }

        return !isValid ? null : plans.Count > 0 ? plans : [ProfilingPlan.Default];
    }

    public static void OneOf(OptionResult result, params string[] values)
    {
        foreach (var token in result.Tokens.Where(token => !values.Contains(token.Value)))
            result.AddError($"{result.Option.Name} {token.Value}: write one of {string.Join(", ", values)}");
    }

    public static Option<int[]> Numbers(string name, string description, int least, int most, string what) => new(name)
    {
        Description = description,
        HelpName = "N",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            var numbers = new int[result.Tokens.Count];
            for (int i = 0; i < numbers.Length; i++)
            {
                if (!int.TryParse(result.Tokens[i].Value, NumberStyles.None, null, out numbers[i]) || numbers[i] < least
                    || numbers[i] > most)
                    result.AddError($"{name} {result.Tokens[i].Value}: {what} is a number from {least} to {most}");
            }

            return numbers;
        },
    };
}
