using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Api.Exporters;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.Limits;
using NetProfiler.Operator.Loops;
using NetProfiler.Operator.Places;
using Prometheus;

namespace NetProfiler.Operator.Tests.Support;

/// <summary>Both controllers, one key after the other, until there is nothing left to do.</summary>
internal sealed class OperatorRun
{
    public const string Namespace = "netprofiler-system";

    private readonly FakeCluster _cluster;
    private readonly TaskController _tasks;
    private readonly NodeConfigController _nodes;

    public OperatorRun(FakeCluster cluster, TimeProvider time, CollectedEvents? events = null, NamedExporters? exporters = null,
        AgentSightings? agents = null,
        ClusterLimits? limits = null)
    {
        _cluster = cluster;
        // The time of tests stands still: nothing may have to wait.
        var scope = new OperatorScope(Namespace, WritesPerSecond: 200_000, exporters ?? NamedExporters.None,
            NodeLimits.DefaultCapturingTasks, limits ?? ClusterLimits.None);
        var writes = new Writes(cluster, scope, Metrics, time);
        Caches = new ClusterCaches(
            new FakeLister<NetworkProfilingTask>(cluster, CacheIndexes.OfTasks),
            new FakeLister<PodRecord>(cluster, CacheIndexes.OfPods),
            new FakeLister<V1Node>(cluster),
            new FakeLister<NodeProfilingConfig>(cluster, CacheIndexes.OfConfigs),
            new FakeLister<V1ReplicaSet>(cluster),
            new FakeLister<V1Job>(cluster)) { Agents = agents };
        _tasks = new TaskController(Caches, writes, (events ?? new()).Publish, scope, time, NullLogger<TaskController>.Instance);
        _nodes = new NodeConfigController(Caches, writes, new(), scope, time, NullLogger<NodeConfigController>.Instance);
    }

    public ClusterCaches Caches { get; }

    public CollectorRegistry Metrics { get; } = Prometheus.Metrics.NewCustomRegistry();

    /// <summary>Throws where a call fails: the process would be gone.</summary>
    public async Task SettleAsync()
    {
        for (int round = 0; round < 20; round++)
        {
            int before = _cluster.Calls.Count;
            foreach (var task in _cluster.All<NetworkProfilingTask>().ToList()) await _tasks.ReconcileAsync(task, default);
            var nodes = _cluster.All<PodRecord>().Select(pod => pod.Spec.NodeName).OfType<string>()
                .Concat(_cluster.All<NodeProfilingConfig>().Select(config => config.Metadata.Name));
            foreach (var node in nodes.Distinct().Order(StringComparer.Ordinal).ToList())
                await _nodes.ReconcileAsync(new(null, node), default);
            if (_cluster.Calls.Count == before) return;
        }

        Assert.Fail($"it never settles: {string.Join("; ", _cluster.Calls.TakeLast(10))}");
    }
}
