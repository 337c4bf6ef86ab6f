using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using NetProfiler.Cli;
using NetProfiler.Kubernetes.LeaderElection;
using NetProfiler.Operator.Limits;
using NetProfiler.Operator.Places;

namespace NetProfiler.Operator.Hosting;

/// <summary>The command line: parses it, and reports every fault before the first request to the API server.</summary>
internal static class OperatorCommand
{
    private const int MaxSeconds = 24 * 60 * 60;

    private static readonly LeaderElectionOptions Defaults = new() { LeaseNamespace = "", LeaseName = "" };

    public static async Task<int> InvokeAsync(string[] args)
    {
        var result = Create().Parse(args);
        if (result.Errors is [var fault, ..])
        {
            var text = result.UnmatchedTokens is [var token, ..] ? $"unknown option {token}; see --help" : fault.Message;
            await StandardError.WriteLineAsync($"netprofiler-operator: {text}").ConfigureAwait(false);
            return ExitCode.WrongUsage;
        }

        // Signals are handled in one place: OperatorProcess.
        return await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false })
            .ConfigureAwait(false);
    }

    public static RootCommand Create()
    {
        var @namespace = Text("--namespace", "NAME",
            "Where node configurations and the lease are kept. Default: the pod's own namespace, or the context's.");
        var cluster = new ClusterFlags();
        var leaderElect = new Option<bool>("--leader-elect") { Description = "Reconcile only while holding the lease. Default: true.",
            DefaultValueFactory = _ => true };
        var leaseDuration = Seconds("--lease-duration", Defaults.LeaseDuration, "Seconds that others wait for a leader's sign of life.");
        var renewDeadline = Seconds("--renew-deadline", Defaults.RenewDeadline,
            "Seconds after which a leader that cannot renew the lease ends.");
        var retryPeriod = Seconds("--retry-period", Defaults.RetryPeriod, "Seconds between two attempts at the lease.");
        var metrics = ListenFlag.Create("--metrics-listen", ":8080", "Serve /metrics, /healthz and /readyz there; none: nowhere.");
        var health = ListenFlag.Create("--health-listen", "none", "Serve them there as well, such as where only the kubelet comes.");
        var writeRate = Number("--write-rate", 50, 2, 10_000, "Maximum number of writes to the API server per second.");
        var tasksPerNode = Number(
            "--tasks-per-node", NodeLimits.DefaultCapturingTasks, 1, NodeLimits.MaxTasks,
            "Maximum number of tasks that capture on one node at the same time.");
        var limits = Text("--limits", "FILE",
            "File with limits of tasks by namespace (YAML): number, deadline, collected content. Default: none.");
        var exporters = ExportersFlag.Create();
        var logLevel = new Option<LogLevel>("--log-level") { Description = "Debug, Information, Warning or Error.", HelpName = "LEVEL",
            DefaultValueFactory = _ => LogLevel.Information };

        var command = new RootCommand("Turns profiling tasks into configurations for the nodes, and what the nodes report into the "
            + "tasks' status.")
        {
            @namespace, leaderElect, leaseDuration, renewDeadline, retryPeriod, metrics, health, writeRate, tasksPerNode, exporters,
            limits, logLevel,
        };
        cluster.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            if (await ExportersFlag.ReadAsync(parsed.GetValue(exporters), "netprofiler-operator").ConfigureAwait(false) is not { } named)
                return ExitCode.WrongUsage;
            if (await ReadLimitsAsync(parsed.GetValue(limits)).ConfigureAwait(false) is not { } allowed) return ExitCode.WrongUsage;
            var settings = new OperatorOptions
            {
                Namespace = parsed.GetValue(@namespace),
                Cluster = cluster.Read(parsed),
                LeaderElect = parsed.GetValue(leaderElect),
                LeaseDuration = TimeSpan.FromSeconds(parsed.GetValue(leaseDuration)),
                RenewDeadline = TimeSpan.FromSeconds(parsed.GetValue(renewDeadline)),
                RetryPeriod = TimeSpan.FromSeconds(parsed.GetValue(retryPeriod)),
                MetricsListen = ListenFlag.Read(parsed.GetValue(metrics)),
                HealthListen = ListenFlag.Read(parsed.GetValue(health)),
                WriteRate = parsed.GetValue(writeRate),
                TasksPerNode = parsed.GetValue(tasksPerNode),
                Exporters = named,
                Limits = allowed,
                LogLevel = parsed.GetValue(logLevel),
            };
            if (TimingFault(settings) is not { } fault) return await OperatorProcess.ExecuteAsync(settings).ConfigureAwait(false);

            await StandardError.WriteLineAsync($"netprofiler-operator: {fault}").ConfigureAwait(false);
            return ExitCode.WrongUsage;
        });
        return command;
    }

    /// <summary>Null if the file is faulty, which has been reported.</summary>
    private static async Task<ClusterLimits?> ReadLimitsAsync(string? path)
    {
        if (path is null) return ClusterLimits.None;
        var (limits, faultLines) = LimitsFile.Read(path);
        foreach (string line in faultLines) await StandardError.WriteLineAsync($"netprofiler-operator: {line}").ConfigureAwait(false);
        return limits;
    }

    private static Option<int> Number(string name, int value, int least, int most, string description)
    {
        var option = new Option<int>(name) { Description = $"{description} Default: {value}.", HelpName = "N",
            DefaultValueFactory = _ => value };
        option.Validators.Add(given =>
        {
            if (given.Tokens is [var token] && !(int.TryParse(token.Value, out int number) && number >= least && number <= most))
                given.AddError($"{name} {token.Value}: write a number from {least} to {most}");
        });
        return option;
    }

    private static string? TimingFault(OperatorOptions settings) => (Defaults with
    {
        LeaseDuration = settings.LeaseDuration, RenewDeadline = settings.RenewDeadline, RetryPeriod = settings.RetryPeriod,
    }).Fault();

    private static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };

    private static Option<double> Seconds(string name, TimeSpan value, string description)
    {
        var option = new Option<double>(name) { Description = $"{description} Default: {value.TotalSeconds}.", HelpName = "SECONDS",
            DefaultValueFactory = _ => value.TotalSeconds };
        option.Validators.Add(given =>
        {
            if (given.Tokens is [var token]
                && !(double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
                && seconds is > 0 and <= MaxSeconds))
                given.AddError($"{name} {token.Value}: write a number of seconds, at most {MaxSeconds}");
        });
        return option;
    }
}
