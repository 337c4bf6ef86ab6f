using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using k8s.Models;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Benchmarks;

/// <summary>
/// The operator of a large cluster, as it is shipped: 1,000 tasks, 10,000 pods, 500 nodes, eight tasks on each. The API server is this
/// process. Writes are limited to 50 a second, as they are by default.
/// </summary>
internal static class OperatorScale
{
    private const int Tasks = 1_000;
    private const int Pods = 10_000;
    private const int Nodes = 500;
    private const int PodsPerTask = Pods / Tasks;
    private const int NodesPerTask = 4;
    private const int WritesPerSecond = 50;
    private const int LatePods = 200;
    private const string Namespace = "netprofiler-system";

    private const double MaxMegabytes = 200;
    private const double MaxPodSeconds = 2;
    private const double MaxIdleCores = 0.02;

    public static async Task<bool> RunAsync(string path)
    {
        await using var server = await ScaleServer.StartAsync();
        Fill(server);
        // Counted as they are written: reading everything again and again would be the larger part of what is measured.
        var targets = new ConcurrentDictionary<string, int>();
        var runningTasks = new ConcurrentDictionary<string, bool>();
        int period = 0;
        server.OnConfig = config =>
        {
            var written = config.Deserialize(TestJson.Resources.Of<NodeProfilingConfig>())!;
            targets[written.Metadata.Name] = written.Spec.Tasks.Sum(task => task.Targets.Count);
            period = written.Spec.Reporting.PeriodSeconds;
        };
        server.OnTaskStatus = task =>
        {
            if ((string?)task["status"]!["phase"] == nameof(TaskPhase.Running)) runningTasks[(string)task["metadata"]!["name"]!] = true;
        };

        Console.WriteLine($"operator: {Tasks} tasks, {Pods} pods, {Nodes} nodes, {WritesPerSecond} writes/s at most");
        var clock = Stopwatch.StartNew();
        await using var @operator = await OperatorProcess.StartAsync(path, server.Address, Namespace);
        await Until(() => targets.Values.Sum() == Pods);
        Row("every node configured", $"{clock.Elapsed.TotalSeconds:F1} s, {server.Writes} writes, "
            + $"{server.Writes / clock.Elapsed.TotalSeconds:F1}/s");
        double convergence = clock.Elapsed.TotalSeconds;

        Report(server);
        await Until(() => runningTasks.Count == Tasks);
        Row("every task running", $"{clock.Elapsed.TotalSeconds:F1} s, {server.Writes} writes, "
            + $"{server.Writes / clock.Elapsed.TotalSeconds:F1}/s");
        Row("CPU until then", $"{@operator.CpuSeconds:F1} s");

        await SettledAsync(server);
        var (processor, writes) = (@operator.CpuSeconds, server.Writes);
        await Task.Delay(TimeSpan.FromSeconds(10));
        double idleCores = (@operator.CpuSeconds - processor) / 10;
        Row("CPU when nothing happens", $"{idleCores:P1} of a core, {server.Writes - writes} writes in 10 s");

        var seconds = await StartPodsAsync(server);
        double median = seconds[seconds.Count / 2], late = seconds[seconds.Count * 99 / 100];
        Row($"{LatePods} pods, 20 each second: from start to node configuration",
            $"median {median:F2} s, p99 {late:F2} s, longest {seconds[^1]:F2} s");

        // Three periods, in each of which every node reports once.
        (processor, writes) = (@operator.CpuSeconds, server.Writes);
        var reporting = Stopwatch.StartNew();
        for (int report = 0; report < 3 * Nodes; report++)
        {
            Report(server, NodeName(report % Nodes));
            var ahead = TimeSpan.FromSeconds(report * period / (double)Nodes) - reporting.Elapsed;
            if (ahead > TimeSpan.Zero) await Task.Delay(ahead);
        }

        double elapsed = reporting.Elapsed.TotalSeconds;
        Row($"all nodes report every {period} s",
            $"{(server.Writes - writes) / elapsed:F1} writes/s, {(@operator.CpuSeconds - processor) / elapsed:P0} of a core");

        double peak = @operator.PeakMegabytes;
        Row("RSS at most", $"{peak:F0} MB");
        bool isFine = peak < MaxMegabytes && late < MaxPodSeconds && idleCores < MaxIdleCores && convergence < 300;
        Row("within the bounds", isFine ? "yes"
            : $"NO: RSS < {MaxMegabytes} MB, p99 < {MaxPodSeconds} s, idle < {MaxIdleCores:P0}, configured < 300 s");
        return isFine;
    }

    private static void Fill(ScaleServer server)
    {
        for (int node = 0; node < Nodes; node++)
            server.Put(new V1Node { Metadata = new() { Name = NodeName(node), Uid = NodeName(node) },
                Status = new() { Conditions = [new() { Type = "Ready", Status = "True" }] } });

        for (int task = 0; task < Tasks; task++)
        {
            server.Put(new NetworkProfilingTask
            {
                Metadata = new() { Name = $"task-{task}", NamespaceProperty = NamespaceOf(task), Uid = $"uid-{task}", Generation = 1 },
                Spec = new()
                {
                    Targets = [new() { PodSelector = new() { MatchLabels = new Dictionary<string, string> { ["app"] = $"app-{task}" } } }],
                    ActiveDeadlineSeconds = 86_400,
                    Sampling = new() { Rules = [new() { Name = "all", When5xx = true }] },
                },
            });
            for (int pod = 0; pod < PodsPerTask; pod++) server.Put(Pod(task, pod));
        }
    }

    private static PodRecord Pod(int task, int pod) => new()
    {
        Metadata = new()
        {
            Name = $"app-{task}-{pod}",
            NamespaceProperty = NamespaceOf(task),
            Uid = Guid.NewGuid().ToString(),
            Labels = new Dictionary<string, string> { ["app"] = $"app-{task}", ["pod-template-hash"] = "7f5d8c9b4" },
        },
        // Eight tasks on each node: as many as it may have.
        Spec = new() { NodeName = NodeName((task * NodesPerTask + pod % NodesPerTask) % Nodes), Containers = [new() { Name = "app" }] },
        Status = new()
        {
            Phase = "Running",
            PodIP = "10.0.0.1",
            ContainerStatuses = [new() { Name = "app", ContainerId = $"containerd://{Guid.NewGuid():N}{Guid.NewGuid():N}",
                State = new() { Running = new() } }],
        },
    };

    private static async Task<List<double>> StartPodsAsync(ScaleServer server)
    {
        var started = new ConcurrentDictionary<string, long>();
        var seconds = new ConcurrentBag<double>();
        server.OnConfig = config =>
        {
            foreach (var target in config.Deserialize(TestJson.Resources.Of<NodeProfilingConfig>())!.Spec.Tasks.SelectMany(task =>
                task.Targets))
                if (started.TryRemove(target.ContainerId, out long since)) seconds.Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
        };
        for (int i = 0; i < LatePods; i++)
        {
            var pod = Pod(i * 7 % Tasks, PodsPerTask + i);
            started[pod.Status.ContainerStatuses[0].ContainerId!] = Stopwatch.GetTimestamp();
            server.Put(pod);
            await Task.Delay(50);
        }

        await Until(() => seconds.Count == LatePods);
        server.OnConfig = null;
        return [.. seconds.Order()];
    }

    private static void Report(ScaleServer server)
    {
        for (int node = 0; node < Nodes; node++) Report(server, NodeName(node));
    }

    private static void Report(ScaleServer server, string node) => server.Change<NodeProfilingConfig>(Namespace, node, config => config with
    {
        Status = new()
        {
            ObservedGeneration = config.Metadata.Generation ?? 0,
            Tasks = [.. config.Spec.Tasks.Select(task =>
                ReportOf(task, config.Status?.Tasks.FirstOrDefault(told => told.Uid == task.Uid)))],
        },
    });

    /// <summary>As large as they are as a rule: one list is full, another has begun; a handful of peers. About 8 KiB.</summary>
    private static NodeTaskStatus ReportOf(NodeTask task, NodeTaskStatus? before)
    {
        var sketch = new LatencySketch();
        for (int i = 0; i < 500; i++) sketch.Add(Random.Shared.Next(200_000, 200_000_000));
        TaskTopTrace[] traces =
        [
            .. Enumerable.Range(0, 10).Select(i => new TaskTopTrace
            {
                SampleId = $"{task.Uid}-{i}", TraceId = $"{Guid.NewGuid():N}", SpanId = "00f067aa0ba902b7", TraceSystem = "w3c",
                Rule = "all",
                Method = "GET", Uri = "/cart/checkout/items/1234567890", Status = 500, DurationMicroseconds = Random.Shared.Next(100_000),
                Time = DateTimeOffset.UtcNow, PodName = "app-1", ContainerName = "app", Peer = "10.0.0.1:1234",
            }),
        ];
        return new()
        {
            Uid = task.Uid, Generation = task.Generation, State = NodeTaskState.Capturing,
            StartTime = before?.StartTime ?? DateTimeOffset.UtcNow,
            Targets = new() { Requested = task.Targets.Count, Attached = task.Targets.Count },
            Counts = new() { Requests = (before?.Counts.Requests ?? 0) + 500, Responses2xx = (before?.Counts.Responses2xx ?? 0) + 500 },
            DurationSketch = Convert.ToBase64String(sketch.Encode()),
            TopTraces = new() { Slow = traces, ServerErrors = traces[..3] },
            Peers =
            [
                .. Enumerable.Range(0, 5).Select(i => new NodePeer
                {
                    Local = new() { Kind = TaskPeerKind.Workload, Name = "Deployment/app" },
                    Remote = new() { Kind = TaskPeerKind.Service, Name = $"service-{i}" },
                    Requests = 100, DurationSketch = Convert.ToBase64String(sketch.Encode(LatencySketch.CoarseEncodedBytes)),
                }),
            ],
            ResultsTime = DateTimeOffset.UtcNow,
        };
    }

    private static string NodeName(int node) => $"node-{node:000}";

    private static string NamespaceOf(int task) => $"team-{task % 50}";

    /// <summary>Until nothing has been written for a while.</summary>
    private static async Task SettledAsync(ScaleServer server)
    {
        for (int before = -1; before != server.Writes;)
        {
            before = server.Writes;
            await Task.Delay(TimeSpan.FromSeconds(5));
        }
    }

    private static async Task Until(Func<bool> holds)
    {
        while (!holds()) await Task.Delay(1000);
    }

    private static void Row(string what, string figure) => Console.WriteLine($"  {what,-64}{figure}");
}
