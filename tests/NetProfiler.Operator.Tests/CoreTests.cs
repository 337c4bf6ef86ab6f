using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Tests.Support;
using NetProfiler.Operator.Hosting;
using NetProfiler.Operator.Loops;
using NetProfiler.Operator.Tests.Support;
using Prometheus;

namespace NetProfiler.Operator.Tests;

/// <summary>The whole of it, with real informers and queues: what changes in the cluster wakes what it concerns.</summary>
public sealed class CoreTests : IAsyncLifetime, IDisposable
{
    private readonly MemoryServer _server = new(writesPerSecond: 1000);
    private readonly CancellationTokenSource _end = new();
    private readonly ServiceProvider _operator;
    private readonly InformerSet _informers;
    private Task _running = Task.CompletedTask;

    public CoreTests()
    {
        _operator = TestOperator.Over(_server, OperatorRun.Namespace, writesPerSecond: 1000);
        _informers = _operator.GetRequiredService<InformerSet>();
    }

    public async Task InitializeAsync()
    {
        _server.Put(Make.Node("a"));
        _server.Put(Make.Node("b", labels: ("disk", "hdd")));
        Assert.NotNull(_informers.ReadinessFault);
        var work = _operator.GetRequiredService<LeaderWork>();
        var caches = _informers.RunAsync(_end.Token);
        await _informers.WaitForSyncAsync(_end.Token);
        Assert.Null(_informers.ReadinessFault);
        Assert.Null(_informers.LivenessFault);
        _running = Task.WhenAll(caches, work.RunAsync(_end.Token));
    }

    public async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
    }

    public void Dispose()
    {
        _end.Dispose();
        _operator.Dispose();
    }

    [Fact]
    public async Task A_task_reaches_its_nodes_and_what_they_report_reaches_the_task()
    {
        _server.Put(Make.Pod("cart-1", "a"));
        _server.Put(Make.Task());
        await Until(() => TargetsOn("a") is ["containerd://cart-1-app"]);
        Report("a", requests: 10);
        await Until(() => Status is { Phase: TaskPhase.Running, Summary.Requests: 10 });

        // A pod that starts, one that moves, one that goes.
        _server.Put(Make.Pod("cart-2", "b"));
        await Until(() => TargetsOn("b") is ["containerd://cart-2-app"]);
        _server.Put(Make.Pod("cart-1", "b"));
        await Until(() => TargetsOn("a") is [] && TargetsOn("b") is [_, _]);
        _server.Remove<PodRecord>(Make.Shop, "cart-2");
        await Until(() => TargetsOn("b") is ["containerd://cart-1-app"]);
        Assert.Equal(10, Status!.Summary!.Requests);
    }

    [Fact]
    public async Task A_pod_that_is_seen_before_its_replica_set_is_found_when_that_comes()
    {
        var task = Make.Task();
        task.Spec.Targets = [new() { WorkloadRef = new() { Kind = WorkloadKind.Deployment, Name = "cart" } }];
        var pod = Make.Pod("cart-1", "a");
        pod.Metadata = pod.Metadata with { OwnerReferences = [Make.Owner("ReplicaSet", "cart-7f")] };
        _server.Put(task);
        _server.Put(pod);
        await Until(() => Status is not null);
        _server.Put(new V1ReplicaSet
        {
            Metadata = new() { Name = "cart-7f", NamespaceProperty = Make.Shop, Uid = "uid-of-cart-7f",
                OwnerReferences = [Make.Owner("Deployment", "cart")] },
        });
        await Until(() => TargetsOn("a") is ["containerd://cart-1-app"]);
    }

    [Fact]
    public async Task A_node_that_gets_the_selectors_label_takes_part()
    {
        var task = Make.Task();
        task.Spec.NodeSelector = new Dictionary<string, string> { ["disk"] = "ssd" };
        _server.Put(Make.Pod("cart-1", "b"));
        _server.Put(task);
        await Until(() => Status?.Conditions?.Any(condition => condition.Reason == "NodeSelectorExcludesAll") == true);
        Assert.Null(TargetsOn("b"));
        _server.Put(Make.Node("b", labels: ("disk", "ssd")));
        await Until(() => TargetsOn("b") is [_]);
    }

    [Fact]
    public async Task A_task_that_is_suspended_leaves_the_nodes_and_one_that_is_deleted_their_configurations()
    {
        _server.Put(Make.Pod("cart-1", "a"));
        _server.Put(Make.Task());
        await Until(() => TargetsOn("a") is [_]);
        _server.Change<NetworkProfilingTask>(Make.Shop, "cart-slow", task => task with
        {
            Spec = task.Spec with { Suspend = true }, Metadata = task.Metadata with { Generation = 2 },
        });
        await Until(() => TargetsOn("a") is [] && Status?.Phase == TaskPhase.Suspended);
        _server.Remove<NetworkProfilingTask>(Make.Shop, "cart-slow");
        await Until(() => _server.Find<NodeProfilingConfig>(OperatorRun.Namespace, "a") is { Spec.Tasks: [] });
    }

    [Fact]
    public async Task A_specification_that_somebody_else_changed_or_deleted_is_put_right()
    {
        _server.Put(Make.Pod("cart-1", "a"));
        _server.Put(Make.Task());
        await Until(() => TargetsOn("a") is [_]);
        _server.Change<NodeProfilingConfig>(OperatorRun.Namespace, "a", config => config with
        {
            Spec = new(), Metadata = config.Metadata with { Generation = config.Metadata.Generation + 1 },
        });
        await Until(() => TargetsOn("a") is [_]);
        for (int i = 0; i < 2; i++)
        {
            _server.Remove<NodeProfilingConfig>(OperatorRun.Namespace, "a");
            await Until(() => TargetsOn("a") is [_]);
        }
    }

    [Fact]
    public async Task Its_metrics_are_well_formed_and_tell_of_the_task()
    {
        _server.Put(Make.Pod("cart-1", "a"));
        _server.Put(Make.Task());
        await Until(() => TargetsOn("a") is [_] && Status?.Nodes?.Desired == 1);
        await Until(() => _informers.Caches.Tasks.Get(Make.Shop, "cart-slow")?.Status?.Nodes?.Desired == 1);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Telemetry.ExpositionWriter.Write(new OperatorMetrics(_informers.Caches).Collect(), Telemetry.ExpositionFormat.OpenMetrics, output);
        var lines = System.Text.Encoding.UTF8.GetString(output.WrittenSpan).Split('\n');
        Assert.Contains("netprofiler_task_status_condition{condition=\"Accepted\",name=\"cart-slow\",namespace=\"shop\",status=\"true\"} 1",
            lines.Select(Integer));
        Assert.Contains("netprofiler_task_nodes{name=\"cart-slow\",namespace=\"shop\",state=\"desired\"} 1", lines.Select(Integer));
        Assert.Equal(1, _operator.GetRequiredService<CollectorRegistry>()
            .Value("netprofiler_operator_writes_total", ("resource", "nodeprofilingconfigs")));

        static string Integer(string line) => line.EndsWith(".0", StringComparison.Ordinal) ? line[..^2] : line;
    }

    private NetworkProfilingTaskStatus? Status => _server.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")?.Status;

    /// <summary>Null: the node has no configuration.</summary>
    private List<string>? TargetsOn(string node) =>
        _server.Find<NodeProfilingConfig>(OperatorRun.Namespace, node)?.Spec.Tasks.SelectMany(task => task.Targets)
            .Select(target => target.ContainerId).ToList();

    private void Report(string node, long requests) =>
        _server.Change<NodeProfilingConfig>(OperatorRun.Namespace, node, config => config with
    {
        Status = new()
        {
            ObservedGeneration = config.Metadata.Generation ?? 0,
            Tasks =
            [
                .. config.Spec.Tasks.Select(task => new NodeTaskStatus
                {
                    Uid = task.Uid, Generation = task.Generation, State = NodeTaskState.Capturing, Counts = new() { Requests = requests },
                    ResultsTime = DateTimeOffset.UtcNow,
                }),
            ],
        },
    });

    // Not how long it takes, only that it happens.
    private static async Task Until(Func<bool> holds)
    {
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), "it never came to that");
            await Task.Delay(20);
        }
    }
}
