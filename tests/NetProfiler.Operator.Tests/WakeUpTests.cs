using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Queues;
using NetProfiler.Operator.Loops;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

/// <summary>How long a status waits for what else happens.</summary>
public sealed class WakeUpTests
{
    private readonly FakeCluster _cluster = new(new ManualTime());
    private readonly Waits _tasks = new();
    private readonly Waits _nodes = new();
    private readonly WakeUps _wakeUps;

    public WakeUpTests() => _wakeUps = new(new OperatorRun(_cluster, new ManualTime()).Caches, OperatorRun.Namespace, _tasks, _nodes);

    [Theory]
    [InlineData(1, 1, 100)]
    [InlineData(2, 1, 200)]
    [InlineData(2, 20, 200)]
    [InlineData(19, 20, 1900)]
    [InlineData(20, 20, 2000)]
    [InlineData(500, 1, 2000)]
    [InlineData(2, 21, 210)]
    [InlineData(2, 199, 1990)]
    [InlineData(2, 300, 2000)]
    public void A_change_of_state_waits_the_longer_the_more_nodes_the_task_is_on_or_the_more_tasks_there_are(
        int nodes, int tasks, int milliseconds)
    {
        for (int task = 0; task < tasks; task++) _cluster.Put(Make.Task($"task-{task}"));
        for (int node = 0; node < nodes; node++) _cluster.Put(Config($"node-{node}"));
        var before = Config("node-0", NodeTaskState.Attaching);
        _wakeUps.OnConfig(new(before, Config("node-0", NodeTaskState.Capturing)));
        Assert.Equal([TimeSpan.FromMilliseconds(milliseconds)], _tasks.Of("shop/cart-slow"));
        Assert.Empty(_nodes.All);
    }

    [Fact]
    public void An_agents_first_word_waits_no_longer_and_what_the_operator_wrote_two_seconds()
    {
        var written = _cluster.Put(Config("a"));
        _wakeUps.OnConfig(new(null, written));
        _wakeUps.OnConfig(new(written, Config("a", NodeTaskState.Attaching)));
        _wakeUps.OnConfig(new(written, null));
        Assert.Equal([TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2)], _tasks.Of("shop/cart-slow"));
        Assert.Equal([TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100)], _nodes.Of("a"));
    }

    [Fact]
    public void New_numbers_wait_two_seconds_however_few_nodes_there_are()
    {
        var before = _cluster.Put(Config("a", NodeTaskState.Capturing, requests: 1));
        _wakeUps.OnConfig(new(before, Config("a", NodeTaskState.Capturing, requests: 2)));
        Assert.Equal([TimeSpan.FromSeconds(2)], _tasks.Of("shop/cart-slow"));
    }

    [Fact]
    public void A_heartbeat_alone_wakes_nobody_and_silence_does()
    {
        var before = _cluster.Put(Config("a", NodeTaskState.Capturing, requests: 1));
        var after = before with { Status = before.Status! with { HeartbeatTime = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) } };
        _wakeUps.OnConfig(new(before, after));
        Assert.Empty(_tasks.All);

        _wakeUps.OnConfig(new(before, after
            with { Status = after.Status! with { Tasks = [after.Status.Tasks[0] with { ResultsTime = DateTimeOffset.UnixEpoch }] } }));
        _wakeUps.OnSilence(after);
        Assert.Equal([TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)], _tasks.Of("shop/cart-slow"));
        Assert.Empty(_nodes.All);
    }

    [Fact]
    public void Of_pods_that_come_and_go_the_node_hears_first()
    {
        _cluster.Put(Make.Task());
        _wakeUps.OnPod(new(null, Make.Pod("cart-1", "a")));
        Assert.Equal([TimeSpan.FromSeconds(2)], _tasks.Of("shop/cart-slow"));
        Assert.Equal([TimeSpan.FromMilliseconds(100)], _nodes.Of("a"));
    }

    private static NodeProfilingConfig Config(string node, NodeTaskState? state = null, long requests = 0) => new()
    {
        Metadata = new() { Name = node, NamespaceProperty = OperatorRun.Namespace, Uid = $"uid-of-{node}", Generation = 1 },
        Spec = new() { Tasks = [new() { Uid = "uid-of-cart-slow", Namespace = Make.Shop, Name = "cart-slow" }] },
        Status = state
            is { } told ? new() { Tasks = [new() { Uid = "uid-of-cart-slow", State = told,
            Counts = new() { Requests = requests } }] } : null,
    };

    /// <summary>Remembers what is to wait how long.</summary>
    private sealed class Waits : IWorkQueue<ObjectKey>
    {
        public List<(string Key, TimeSpan Wait)> All { get; } = [];

        public int Count => 0;

        public IEnumerable<TimeSpan> Of(string key) => All.Where(one => one.Key == key).Select(one => one.Wait);

        public void Add(ObjectKey key, bool isUrgent = true) => All.Add(($"{key}", TimeSpan.Zero));

        public void AddAfter(ObjectKey key, TimeSpan delay) => All.Add(($"{key}", delay));

        public void AddRateLimited(ObjectKey key) => throw new NotSupportedException();

        public ValueTask<(bool HasKey, ObjectKey Key)> GetAsync(CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public void Done(ObjectKey key) => throw new NotSupportedException();

        public void Forget(ObjectKey key) => throw new NotSupportedException();

        public int Retries(ObjectKey key) => 0;

        public void ShutDown() => throw new NotSupportedException();

        public Task ShutDownAndDrainAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
