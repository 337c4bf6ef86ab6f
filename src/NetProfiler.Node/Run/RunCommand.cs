using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using NetProfiler.Capture;
using NetProfiler.Kubernetes.TaskFiles;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Run;

/// <summary>The command line of <c>netprofiler run</c>: parses it, and names every fault before anything is attached.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var task = new Option<string?>("--file", "-f") { Description = "A NetworkProfilingTask (YAML) whose sampling rules to use.", HelpName = "TASK.yaml" };
        var pids = Numbers("--pid", "Profile this process and its children.", 1, 4194304, "a process id");
        var names = Texts("--comm", "NAME", "Profile processes of this name (as in /proc/PID/comm), those that start later too.");
        var cgroups = Texts("--cgroup", "PATH", "Profile the processes of this cgroup (v2) and those below it.");
        var ports = Numbers("--port", "Profile connections with this TCP port on either end.", 1, 65535, "a port");
        var all = new Option<bool>("--all") { Description = "Profile every process." };
        var duration = new Option<string?>("--duration") { Description = "End after this time: 30s, 5m. Default: until interrupted.", HelpName = "TIME" };
        var listen = new Option<string>("--metrics-listen")
        {
            Description = "Where to serve /metrics; `none` switches it off.", HelpName = "ADDR:PORT", DefaultValueFactory = _ => "127.0.0.1:9464",
        };
        var output = new Option<string?>("--output") { Description = "Default: a live table on a terminal, else json.", HelpName = "table|json|none" };
        var print = new Option<string>("--print") { Description = "What json prints.", HelpName = "samples|exchanges", DefaultValueFactory = _ => "samples" };

        var command = new Command("run", "Profile processes of this machine; no cluster needed.")
        {
            task, pids, names, cgroups, ports, all, duration, listen, output, print,
        };

        output.Validators.Add(result => OneOf(result, "table", "json", "none"));
        print.Validators.Add(result => OneOf(result, "samples", "exchanges"));
        names.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => Encoding.UTF8.GetByteCount(token.Value) is 0 or > CaptureTargets.MaxNameBytes))
                result.AddError($"--comm {token.Value}: the kernel keeps 1 to {CaptureTargets.MaxNameBytes} bytes of a name (see /proc/PID/comm)");
        });
        duration.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !DurationText.TryParse(token.Value, out TimeSpan _))
                result.AddError($"--duration {token.Value}: write a time like 500ms, 30s, 5m, 2h");
        });
        listen.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !ListenAddress.TryParse(token.Value, out _, out string? error))
                result.AddError($"--metrics-listen: {error}");
        });
        command.Validators.Add(result =>
        {
            Option[] targets = [pids, names, cgroups, ports, all];
            if (targets.All(target => result.GetResult(target) is null))
                result.AddError("name at least one target: --pid N, --comm NAME, --cgroup PATH, --port N or --all");
            AtMost(result, names, CaptureTargets.MaxNames);
            AtMost(result, ports, CaptureTargets.MaxPorts);
            AtMost(result, cgroups, CaptureTargets.MaxCgroups);
        });

        command.SetAction(async (parsed, cancellation) =>
        {
            _ = ListenAddress.TryParse(parsed.GetValue(listen)!, out var address, out string? _);
            var plan = ProfilingPlan.Default;
            if (parsed.GetValue(task) is { } path)
            {
                var reading = TaskFile.Read(path, TaskFileUse.Standalone);
                foreach (string fault in reading.FaultLines) await Console.Error.WriteLineAsync($"netprofiler: {fault}").ConfigureAwait(false);
                if (!reading.IsValid) return ExitCode.WrongUsage;
                plan = ProfilingPlan.Of(reading.Task.Spec);
            }

            var settings = new RunSettings(
                new CaptureTargets
                {
                    ProcessIds = parsed.GetValue(pids) ?? [],
                    Names = parsed.GetValue(names) ?? [],
                    Cgroups = parsed.GetValue(cgroups) ?? [],
                    Ports = [.. (parsed.GetValue(ports) ?? []).Select(port => (ushort)port)],
                    All = parsed.GetValue(all),
                },
                new CaptureOptions(),
                plan,
                parsed.GetValue(duration) is { } text && DurationText.TryParse(text, out var time) ? time : plan.Deadline,
                address,
                parsed.GetValue(output) switch
                {
                    "table" => OutputMode.Table,
                    "json" => OutputMode.Json,
                    "none" => OutputMode.None,
                    _ => Console.IsOutputRedirected ? OutputMode.Json : OutputMode.Table,
                },
                parsed.GetValue(print) == "exchanges" ? PrintMode.Exchanges : PrintMode.Samples);
            return await ProfilingRun.ExecuteAsync(settings).ConfigureAwait(false);
        });
        return command;
    }

    private static Option<string[]> Texts(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.OneOrMore };

    private static Option<int[]> Numbers(string name, string description, int least, int most, string what) => new(name)
    {
        Description = description,
        HelpName = "N",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            var numbers = new int[result.Tokens.Count];
            for (int i = 0; i < numbers.Length; i++)
            {
                if (!int.TryParse(result.Tokens[i].Value, NumberStyles.None, null, out numbers[i]) || numbers[i] < least || numbers[i] > most)
                    result.AddError($"{name} {result.Tokens[i].Value}: {what} is a number from {least} to {most}");
            }

            return numbers;
        },
    };

    private static void OneOf(OptionResult result, params string[] values)
    {
        foreach (var token in result.Tokens.Where(token => !values.Contains(token.Value)))
            result.AddError($"{result.Option.Name} {token.Value}: write one of {string.Join(", ", values)}");
    }

    private static void AtMost(CommandResult command, Option option, int most)
    {
        if (command.GetResult(option) is { } result && result.Tokens.Count > most)
            command.AddError($"{option.Name} can be given at most {most} times");
    }
}
