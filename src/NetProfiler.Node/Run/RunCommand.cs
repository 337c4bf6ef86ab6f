using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using NetProfiler.Capture;
using NetProfiler.Node.Report;
using NetProfiler.Web.Results;

namespace NetProfiler.Node.Run;

/// <summary>The command line of <c>netprofiler run</c>: parses it, and reports every fault before anything is attached.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var report = new ReportOptions(defaultListen: "127.0.0.1:9464");
        var pids = ReportOptions.Numbers("--pid", "Profile this process (or the process of this thread) and its children.", 1, 4194304,
            "a process id");
        var names = Texts("--comm", "NAME",
            "Profile processes of this name (as in /proc/PID/comm), those that start or take the name later too; NAME,NAME for several.");
        var cgroups = Texts("--cgroup", "PATH",
            "Profile the processes of this control group (a directory, or the path that systemctl or /proc/PID/cgroup shows) and those "
                + "below it (version 1: those present at the start, and their children).");
        var ports = ReportOptions.Numbers("--port", "Profile connections with this TCP port on either end.", 1, 65535, "a port");
        var all = new Option<bool>("--all") { Description = "Profile all processes." };
        var duration = new Option<string?>("--duration") {
            Description = "Stop after this duration, such as 30s or 5m. Default: run until interrupted.", HelpName = "TIME" };

        var timeReads = TimeReadsFlag.Create();
        var tls = TlsFlag.Create();
        var tlsEverywhere = TlsFlag.CreateEverywhere();
        var door = DoorFlag.Create();
        var record = new Option<string?>("--record") {
            Description = "Write the captured events to a file for `netprofiler replay`. Secrets are masked.", HelpName = "FILE" };

        var command = new Command("run", "Profile processes of this machine; no cluster needed.")
        {
            pids, names, cgroups, ports, all, duration, tls, tlsEverywhere, timeReads, door, record,
        };
        report.AddTo(command);

        names.Validators.Add(result =>
        {
            foreach (string name in result.Tokens.SelectMany(token => token.Value.Split(','))
                .Where(name => Encoding.UTF8.GetByteCount(name) is 0 or > CaptureTargets.MaxNameBytes))
                result.AddError($"--comm {name}: the kernel keeps 1 to {CaptureTargets.MaxNameBytes} bytes of a name (see /proc/PID/comm)");
        });
        duration.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !DurationText.TryParse(token.Value, out TimeSpan _))
                result.AddError($"--duration {token.Value}: write a time like 500ms, 30s, 5m, 2h, 7d; at most 366d");
        });
        command.Validators.Add(result =>
        {
            Option[] targets = [pids, names, cgroups, ports, all];
            if (targets.All(target => result.GetResult(target) is null))
                result.AddError("name at least one target: --pid N, --comm NAME, --cgroup PATH, --port N or --all");
            if (result.GetResult(names)?.Tokens.Sum(token => token.Value.Split(',').Length) > CaptureTargets.MaxNames)
                result.AddError($"--comm can be given at most {CaptureTargets.MaxNames} names");
            if (result.GetResult(tlsEverywhere) is not null && result.GetResult(tls) is null)
                result.AddError("--tls-everywhere needs --tls");
            AtMost(result, ports, CaptureTargets.MaxPorts);
            AtMost(result, cgroups, CaptureTargets.MaxCgroups);
        });

        command.SetAction(async (parsed, cancellation) =>
        {
            if (await report.ReadAsync(parsed).ConfigureAwait(false) is not { } told) return ExitCode.WrongUsage;
            TimeSpan? ends = parsed.GetValue(duration) is { } text && DurationText.TryParse(text, out var time) ? time : null;
            told = told with { Page = told.Page with { Kind = SourceKind.Run, Name = NameOf(parsed) } };
            if (ends is not null) told = told with { Plans = [.. told.Plans.Select(plan => plan with { Deadline = ends })] };
            if (parsed.GetValue(tls)) told = told.WithTls();
            var settings = new RunSettings(
                new CaptureTargets
                {
                    ProcessIds = parsed.GetValue(pids) ?? [],
                    Names = [.. (parsed.GetValue(names) ?? []).SelectMany(name => name.Split(',')).Distinct()],
                    Cgroups = parsed.GetValue(cgroups) ?? [],
                    Ports = [.. (parsed.GetValue(ports) ?? []).Select(port => (ushort)port)],
                    All = parsed.GetValue(all),
                },
                new CaptureOptions { TimesReads = parsed.GetValue(timeReads), 
                    ReadsTls = parsed.GetValue(tls) || (report.HasTasks(parsed) && told.Plans.Any(plan => plan.ReadsTls)),
                    ProbesTlsEverywhere = parsed.GetValue(tlsEverywhere), Door = DoorFlag.Read(parsed.GetValue(door)) },
                told,
                told.Deadline,
                parsed.GetValue(record));
            return await ProfilingRun.ExecuteAsync(settings).ConfigureAwait(false);
        });
        return command;
    }

    // The name of the run on the page: the targets as given on the command line.
    private static string NameOf(ParseResult parsed) => string.Join(' ', parsed.CommandResult.Children.OfType<OptionResult>()
        .Where(option => !option.Implicit && option.Option.Name is "--pid" or "--comm" or "--cgroup" or "--port" or "--all")
        .Select(option => $"{option.Option.Name[2..]} {string.Join(',', option.Tokens.Select(token => token.Value))}".TrimEnd()))
            is { Length: > 0 } name ? name : "run";

    private static Option<string[]> Texts(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.OneOrMore };

    private static void AtMost(CommandResult command, Option option, int most)
    {
        if (command.GetResult(option) is { } result && result.Tokens.Count > most)
            command.AddError($"{option.Name} can be given at most {most} times");
    }
}
