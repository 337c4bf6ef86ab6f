using System.Runtime.CompilerServices;
using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.Limits;
using NetProfiler.Operator.Places;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

/// <summary>
/// What <c>kubectl get nptask -o wide</c> shows as PHASE and REASON in each state of a task, and the events on the way there: reasons.txt.
/// NETPROFILER_ACCEPT=1 writes it anew; read the diff.
/// </summary>
public sealed class ReasonTests
{
    private readonly ManualTime _time = new();
    private readonly List<string> _lines = [];

    private FakeCluster _cluster = null!;
    private CollectedEvents _events = null!;
    private OperatorRun _run = null!;
    private Agents _agents = null!;

    [Fact]
    public async Task Every_state_says_what_a_person_needs()
    {
        await UnderWayAsync();
        await WithoutTargetsAsync();
        await RefusedAsync();
        await EndedAsync();
        string path = Path.Combine(Path.GetDirectoryName(ThisFile())!, "reasons.txt");
        string actual = string.Join('\n', _lines) + "\n";
        if (Environment.GetEnvironmentVariable("NETPROFILER_ACCEPT") == "1") await File.WriteAllTextAsync(path, actual);
        Assert.Equal(await File.ReadAllTextAsync(path), actual);
    }

    private async Task UnderWayAsync()
    {
        await StateAsync("no agent has read it yet", Begin());
        await StateAsync("it captures", Begin(), Work);
        await StateAsync("suspended", Begin(), Work, () => Change(task => task.Suspend = true));
        await StateAsync("a node cannot be profiled", Begin(), Work,
            () => Report(status => status with { Conditions = [Fault("NoBtf", "this kernel has no BTF")] }));
        await StateAsync("events were lost", Begin(), Work,
            () => ReportTask(task => task with { Counts = task.Counts with { DroppedEvents = 3 } }));
        await StateAsync("the agent was killed", Begin(), Work,
            () => ReportTask(task => task
                with { Interruptions = [new() { From = _time.GetUtcNow(), To = _time.GetUtcNow().AddSeconds(7), Reason = "AgentLost" }] }));
        await StateAsync("a rule is switched off", Begin(), Work,
            () => ReportTask(task => task with { Reason = "RuleSwitchedOff", Message = "the rule all costs too much" }));
        await StateAsync("the exporter is gone", Begin(), Work,
            () => ReportTask(task => task with { Reason = "ExporterNotFound", Message = "there is no exporter \"oap\"" }));
        await StateAsync("a collector is down", Begin(), Work, () => ReportTask(task => task with { Exporting = Failing() }));
        await StateAsync("the collector is back", Begin(), Work, () => ReportTask(task => task with { Exporting = Failing() }),
            () => ReportTask(task => task with { Exporting = new() }));
        await StateAsync("a node cannot read TLS", Begin(), () => Change(task => task.Tls = new() { Enabled = true }), Work,
            () => ReportTask(task => task with { TlsFault = "Linux 6.10 or later is needed" }));
        await StateAsync("TLS is read", Begin(), () => Change(task => task.Tls = new() { Enabled = true }), Work,
            () => ReportTask(task => task with { Counts = task.Counts with
            {
                Tls = new() { Read = 12, Unread = [new() { Reason = "attached_later", Connections = 2 }] },
            } }));
        await StateAsync("no place on any node", () =>
        {
            Begin()();
            for (int i = 0; i < NodeLimits.DefaultCapturingTasks; i++) _cluster.Put(Make.Task($"before-{i}"));
            _cluster.Remove<NetworkProfilingTask>(Make.Shop, "cart-slow");
        }, () => _cluster.Put(Make.Task()));
        await StateAsync("the namespace has its tasks", new NamespaceLimits(1, null, true, true), () =>
        {
            Begin()();
            _cluster.Put(Make.Task("before"));
            _cluster.Remove<NetworkProfilingTask>(Make.Shop, "cart-slow");
        }, () => _time.Advance(1), () => _cluster.Put(Make.Task()));
    }

    private async Task WithoutTargetsAsync()
    {
        await StateAsync("no pod matches", Begin(null));
        await StateAsync("no such workload", Begin(null),
            () => _cluster.Put(Make.Task("cart-slow")
            with { Spec = Spec(new() { WorkloadRef = new() { Kind = WorkloadKind.Deployment, Name = "cart" } }) }));
        await StateAsync("no such container", Begin(),
            () => _cluster.Put(Make.Task() with { Spec = Spec(Make.Task().Spec.Targets[0] with { ContainerNames = ["web"] }) }));
        await StateAsync("the pods do not run", Begin(Make.Pod("cart-1", "a") with { Status = new() { Phase = "Pending" } }));
        await StateAsync("the node is excluded", Begin(),
            () => Change(task => task.NodeSelector = new Dictionary<string, string> { ["disk"] = "ssd" }));
        await StateAsync("the Job has finished", Begin(), Work,
            () => _cluster.Put(Make.Pod("cart-1", "a") with { Status = new() { Phase = "Succeeded" } }));
    }

    private async Task RefusedAsync()
    {
        await StateAsync("a field is wrong", Begin(), () => _cluster.Put(Make.Task("other")),
            () => Change(task => task.Sampling = task.Sampling with { TopN = 99 }));
        await StateAsync("over a limit", new NamespaceLimits(null, 300, true, true), Begin());
        await StateAsync("no such exporter", Begin(), () => _cluster.Remove<NetworkProfilingTask>(Make.Shop, "cart-slow"),
            () => _cluster.Put(Make.Task() with { Spec = Spec(Make.Task().Spec.Targets[0])
                with { ExportRef = new() { Name = "jaeger" } } }));
        await StateAsync("an immutable field was changed", Begin(), Work,
            () => Change(task => task.Sampling = task.Sampling with { TopN = 9 }));
    }

    private async Task EndedAsync()
    {
        await StateAsync("complete", Begin(), Work, () => _time.Advance(600), Work);
        await StateAsync("complete, with a loss", Begin(), Work,
            () => ReportTask(task => task with { Counts = task.Counts with { DroppedEvents = 3 } }), () => _time.Advance(600), Work);
        await StateAsync("the last results are missing", Begin(), Work, () => _time.Advance(620));
        await StateAsync("nothing was found", Begin(null), () => _time.Advance(600));
        await StateAsync("no node could capture", Begin(), Work0,
            () => Report(status => status with { Tasks = [], Conditions = [Fault("NoBtf", "this kernel has no BTF")] }),
            () => _time.Advance(600));
    }

    private Action Begin() => Begin(Make.Pod("cart-1", "a"));

    private Action Begin(PodRecord? pod) => () =>
    {
        _cluster.Put(Make.Node("a"));
        if (pod is not null) _cluster.Put(pod);
        _cluster.Put(Make.Task());
    };

    private void Work() => _agents.Work(10);

    private void Work0() => _agents.Work(0);

    private Task StateAsync(string state, params Action[] steps) => StateAsync(state, NamespaceLimits.None, steps);

    private async Task StateAsync(string state, NamespaceLimits limits, params Action[] steps)
    {
        _cluster = new(_time);
        _events = new();
        _agents = new(_cluster, _time);
        _run = new(_cluster, _time, _events, limits: ClusterLimits.None with { Default = limits });
        foreach (var step in steps)
        {
            step();
            await _run.SettleAsync();
        }

        var status = _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!.Status!;
        _lines.Add($"{state}: {status.Phase}{(status.Message is { } message ? $": {message}" : "")}");
        _lines.AddRange(_events.Told.Where(told => told.StartsWith("Warning", StringComparison.Ordinal))
            .Select(told => $"    event: {told}"));
    }

    private static NetworkProfilingTaskSpec Spec(TaskTarget target) => Make.Task().Spec with { Targets = [target] };

    private void Change(Action<NetworkProfilingTaskSpec> change)
    {
        var task = _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!;
        var spec = task.Spec with { };
        change(spec);
        var metadata = new V1ObjectMeta
        {
            Name = task.Metadata.Name, NamespaceProperty = task.Metadata.NamespaceProperty, Uid = task.Metadata.Uid,
            CreationTimestamp = task.Metadata.CreationTimestamp, Generation = task.Metadata.Generation + 1,
        };
        _cluster.Put(task with { Metadata = metadata, Spec = spec });
    }

    private void Report(Func<NodeProfilingConfigStatus, NodeProfilingConfigStatus> report)
    {
        var config = _cluster.Find<NodeProfilingConfig>(OperatorRun.Namespace, "a")!;
        _cluster.Put(config with { Status = report(config.Status ?? new()) });
    }

    private void ReportTask(Func<NodeTaskStatus, NodeTaskStatus> report) =>
        Report(status => status with { Tasks = [report(status.Tasks[0])] });

    private NodeTaskExporting Failing() =>
        new() { Exporter = "oap/zipkin", FailingSince = _time.GetUtcNow(), Message = "Connection refused (10.0.0.9:9411)" };

    private static V1Condition Fault(string reason, string message) =>
        new() { Type = "AgentReady", Status = "False", Reason = reason, Message = message };

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
