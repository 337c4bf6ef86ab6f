using System.CommandLine;
using Microsoft.Extensions.Logging;
using NetProfiler.Capture;
using NetProfiler.Cli;
using NetProfiler.Node.Report;
using NetProfiler.Node.Samples;

namespace NetProfiler.Node.Cluster;

/// <summary>The command line of <c>netprofiler node</c>.</summary>
internal static class NodeCommand
{
    private const string NodeNameVariable = "NODE_NAME";
    private const string NamespaceVariable = "POD_NAMESPACE";

    public static Command Create()
    {
        var nodeName = Text("--node-name", "NAME", $"Of this node, and of its configuration. Default: {NodeNameVariable}.");
        var @namespace = Text("--namespace", "NAME",
            $"Where node configurations are. Default: {NamespaceVariable}, the pod's own namespace, or the context's.");
        var cluster = new ClusterFlags();
        var listen = ListenFlag.Create("--listen", ":9465", "Serve /metrics, /healthz, /readyz and /samples there; none: nowhere.");
        var hostProc = Text("--host-proc", "PATH", "The node's /proc. Default: /proc.");
        var hostCgroup = Text("--host-cgroup", "PATH", "The node's control groups. Default: /sys/fs/cgroup.");
        var resolvePeers = new Option<bool>("--resolve-peers")
        {
            Description = "Resolve peers to pods and services by watching them in the whole cluster. Default: true.",
            DefaultValueFactory = _ => true,
        };
        var podLabel = new Option<bool>("--pod-label")
        {
            Description = "Label the metrics of traffic with the pod's name. Without it, the pods of a workload share their series. "
                + "Default: true.",
            DefaultValueFactory = _ => true,
        };
        var timeReads = TimeReadsFlag.Create();
        var door = DoorFlag.Create();
        var exporters = ExportersFlag.Create();
        var collectors = new CollectorOptions("samples of tasks that name no exporter");
        var logLevel = new Option<LogLevel>("--log-level") { Description = "Debug, Information, Warning or Error.", HelpName = "LEVEL",
            DefaultValueFactory = _ => LogLevel.Information };

        var command = new Command("node", "Profile what a cluster's tasks name on this node: the agent of a node.")
        {
            nodeName, @namespace, listen, hostProc, hostCgroup, resolvePeers, podLabel, timeReads, door, exporters, logLevel,
        };
        cluster.AddTo(command);
        collectors.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(nodeName) is null && Variable(NodeNameVariable) is null)
                result.AddError($"the node name is missing: use --node-name NAME or the variable {NodeNameVariable}");
        });
        command.SetAction(async (parsed, _) =>
        {
            if (await ExportersFlag.ReadAsync(parsed.GetValue(exporters), "netprofiler").ConfigureAwait(false) is not { } named)
                return ExitCode.WrongUsage;
            var settings = new AgentSettings(
                parsed.GetValue(nodeName) ?? Variable(NodeNameVariable)!, parsed.GetValue(@namespace) ?? Variable(NamespaceVariable),
                cluster.Read(parsed))
            {
                Listen = ListenFlag.Read(parsed.GetValue(listen)),
                HostProc = parsed.GetValue(hostProc) ?? "/proc",
                HostCgroup = parsed.GetValue(hostCgroup) ?? "/sys/fs/cgroup",
                ResolvePeers = parsed.GetValue(resolvePeers),
                NamesPods = parsed.GetValue(podLabel),
                Capture = new CaptureOptions { TimesReads = parsed.GetValue(timeReads), ReadsTls = true,
                    Door = DoorFlag.Read(parsed.GetValue(door)) },
                Exporters = named,
                Collectors = collectors.Read(parsed),
                LogLevel = parsed.GetValue(logLevel),
            };
            return await AgentProcess.ExecuteAsync(settings).ConfigureAwait(false);
        });
        return command;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } set ? set : null;

    private static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };
}
