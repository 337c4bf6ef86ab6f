using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Reconciliation;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Tests.Informers;
using NetProfiler.Kubernetes.Tests.Support;
using Prometheus;

namespace NetProfiler.Kubernetes.Tests.Reconciliation;

public sealed class ControllerTests : IAsyncDisposable
{
    private readonly CollectorRegistry _metrics = Prometheus.Metrics.NewCustomRegistry();
    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ScriptedController _script = new();
    private readonly Informer<PodRecord> _informer;
    private readonly Controller _controller;
    private Task _run = Task.CompletedTask;

    public ControllerTests()
    {
        _informer = new Informer<PodRecord>(new MemoryClient(), new(), _metrics, _time, NullLoggerFactory.Instance);
        _controller = Controller.For("pods", _script, _informer, new() { MaxConcurrentReconciles = 2 }, _metrics, _time,
            NullLoggerFactory.Instance);
    }

    [Fact]
    public async Task Nothing_is_reconciled_before_everything_watched_is_known()
    {
        var other = new Informer<V1Node>(new MemoryClient(), new(), _metrics, _time, NullLoggerFactory.Instance);
        _controller.Watches(other, node => [new ObjectKey("shop", node.Metadata.Name)]);
        Start();
        List(InformerTests.Pod("a", 1));
        Assert.Equal(1, _controller.Queue.Count);
        Assert.Empty(_script.Calls);

        ((IReflected<V1Node>)other).Replace(new EntityList<V1Node>([], "1"));
        await Calls("reconcile a 1");
    }

    [Fact]
    public async Task An_object_is_reconciled_when_it_comes_and_changes_and_told_when_it_goes()
    {
        Start();
        List(InformerTests.Pod("a", 1));
        await Calls("reconcile a 1");
        Change(WatchEventType.Modified, InformerTests.Pod("a", 2));
        await Calls("reconcile a 1", "reconcile a 2");
        Change(WatchEventType.Deleted, InformerTests.Pod("a", 3));
        await Calls("reconcile a 1", "reconcile a 2", "deleted a 3");
    }

    [Fact]
    public async Task A_failure_is_tried_again_for_as_long_as_it_fails()
    {
        var left = 20;
        _script.Answer = pod => --left > 0
            ? ReconciliationResult<PodRecord>.Failure(pod, "not yet")
            : ReconciliationResult<PodRecord>.Success(pod);
        Start();
        List(InformerTests.Pod("a", 1));
        while (Volatile.Read(ref left) > 0)
        {
            await _time.AdvanceAsync(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await Eventually.True(() => Results("success") == 1);
        Assert.Equal(19, Results("error"));
        Assert.Equal(0, _controller.Queue.Retries(new("shop", "a")));
    }

    [Fact]
    public async Task A_terminal_failure_is_not_tried_again()
    {
        _script.Answer = pod => ReconciliationResult<PodRecord>.Terminal(pod, "never");
        Start();
        List(InformerTests.Pod("a", 1));
        await Eventually.True(() => Results("error") == 1);
        await _time.AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.Single(_script.Calls);
        Assert.Equal(1, Value("controller_runtime_terminal_reconcile_errors"));
    }

    [Fact]
    public async Task What_throws_is_tried_again_and_counted()
    {
        var isFirst = true;
        _script.Answer = pod =>
        {
            if (!isFirst) return ReconciliationResult<PodRecord>.Success(pod);
            isFirst = false;
            throw new InvalidOperationException("a bug");
        };
        Start();
        List(InformerTests.Pod("a", 1));
        await Eventually.True(() => Results("error") == 1);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(1));
        await Eventually.True(() => Results("success") == 1);
        Assert.Equal(1, Value("controller_runtime_reconcile_panics"));
    }

    [Fact]
    public async Task A_conflict_is_tried_again_and_is_no_error()
    {
        var isFirst = true;
        _script.Answer = pod =>
        {
            if (!isFirst) return ReconciliationResult<PodRecord>.Success(pod);
            isFirst = false;
            throw MemoryClient.Refusal(409, "Conflict");
        };
        Start();
        List(InformerTests.Pod("a", 1));
        await Eventually.True(() => Results("requeue") == 1);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(1));
        await Eventually.True(() => Results("success") == 1);
        Assert.Equal(0, Value("controller_runtime_reconcile_errors"));
    }

    [Fact]
    public async Task A_later_look_comes_in_its_time_and_a_change_in_between_does_not_lose_it()
    {
        _script.Answer = pod => ReconciliationResult<PodRecord>.Success(pod, TimeSpan.FromSeconds(30));
        Start();
        List(InformerTests.Pod("a", 1));
        await Eventually.True(() => Results("requeue_after") == 1);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(10));
        Change(WatchEventType.Modified, InformerTests.Pod("a", 2));
        await Eventually.True(() => Results("requeue_after") == 2);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(20.1));
        await Eventually.True(() => Results("requeue_after") == 3);
    }

    [Fact]
    public async Task What_takes_too_long_is_cancelled_counted_and_tried_again()
    {
        var isFirst = true;
        _script.Wait = token =>
        {
            if (!isFirst) return Task.CompletedTask;
            isFirst = false;
            return Task.Delay(Timeout.Infinite, token);
        };
        Start();
        List(InformerTests.Pod("a", 1));
        await Calls("reconcile a 1");
        await _time.AdvanceAsync(TimeSpan.FromMinutes(5.1));
        await Eventually.True(() => Value("controller_runtime_reconcile_timeouts") == 1);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(1));
        await Calls("reconcile a 1", "reconcile a 1");
    }

    [Fact]
    public async Task A_stop_lets_what_is_being_worked_on_end_and_leaves_what_waits()
    {
        var release = new TaskCompletionSource();
        _script.Wait = _ => release.Task;
        Start();
        List(InformerTests.Pod("a", 1), InformerTests.Pod("b", 1), InformerTests.Pod("c", 1));
        await Eventually.True(() => _script.Calls.Count == 2);

        await _stop.CancelAsync();
        Assert.False(_run.IsCompleted);
        release.SetResult();
        await _run.Within();

        Assert.Equal(2, _script.Calls.Count);
        Assert.Equal(2, Results("success"));
    }

    [Fact]
    public async Task A_change_wakes_the_keys_of_both_its_old_and_its_new_state()
    {
        var nodes = new Informer<PodRecord>(new MemoryClient(), new(), _metrics, _time, NullLoggerFactory.Instance);
        var seen = new KeyCollector();
        var controller = new Controller("nodes", seen, new(), _metrics, _time, NullLoggerFactory.Instance)
            .Watches(nodes, pod => pod.Spec.NodeName is { } node ? [new ObjectKey(null, node)] : []);
        IReflected<PodRecord> reflected = nodes;
        reflected.Replace(new EntityList<PodRecord>([InformerTests.Pod("a", 1, "node1")], "1"));
        var moved = InformerTests.Pod("a", 2, "node2");
        reflected.Apply(new WatchEvent<PodRecord>(WatchEventType.Modified, moved, "2", ObjectKey.Of(moved)));
        _run = controller.RunAsync(TimeSpan.FromSeconds(30), _stop.Token);

        await Eventually.True(() => seen.Keys.Count == 2);
        Assert.Equal(["node1", "node2"], seen.Keys.Select(key => key.Name).Order());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.Within();
        _stop.Dispose();
    }

    private void Start() => _run = _controller.RunAsync(TimeSpan.FromSeconds(30), _stop.Token);

    private void List(params PodRecord[] pods) => ((IReflected<PodRecord>)_informer).Replace(new EntityList<PodRecord>(pods, "1"));

    private void Change(WatchEventType type, PodRecord pod) =>
        ((IReflected<PodRecord>)_informer).Apply(new WatchEvent<PodRecord>(type, pod, pod.Metadata.ResourceVersion!, ObjectKey.Of(pod)));

    private async Task Calls(params string[] expected)
    {
        await Eventually.True(() => _script.Calls.Count >= expected.Length);
        Assert.Equal(expected, _script.Calls);
    }

    private double Results(string result) =>
        _metrics.Value("controller_runtime_reconcile_total", ("controller", "pods"), ("result", result));

    private double Value(string name) => _metrics.Value(name + "_total", ("controller", "pods"));

    private sealed class ScriptedController : IEntityController<PodRecord>
    {
        private readonly Lock _lock = new();
        private readonly List<string> _calls = [];

        public Func<PodRecord, ReconciliationResult<PodRecord>> Answer { get; set; } = pod => ReconciliationResult<PodRecord>.Success(pod);

        public Func<CancellationToken, Task> Wait { get; set; } = _ => Task.CompletedTask;

        public IReadOnlyList<string> Calls
        {
            get
            {
                lock (_lock) return [.. _calls];
            }
        }

        public Task<ReconciliationResult<PodRecord>> ReconcileAsync(PodRecord entity, CancellationToken cancellationToken) =>
            Do($"reconcile {entity.Metadata.Name} {entity.Metadata.ResourceVersion}", entity, cancellationToken);

        public Task<ReconciliationResult<PodRecord>> DeletedAsync(PodRecord entity, CancellationToken cancellationToken) =>
            Do($"deleted {entity.Metadata.Name} {entity.Metadata.ResourceVersion}", entity, cancellationToken);

        private async Task<ReconciliationResult<PodRecord>> Do(string call, PodRecord entity, CancellationToken cancellationToken)
        {
            lock (_lock) _calls.Add(call);
            await Wait(cancellationToken);
            return Answer(entity);
        }
    }

    private sealed class KeyCollector : IKeyController
    {
        public System.Collections.Concurrent.ConcurrentQueue<ObjectKey> Keys { get; } = [];

        public Task<ReconciliationResult<ObjectKey>> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
        {
            Keys.Enqueue(key);
            return Task.FromResult(ReconciliationResult<ObjectKey>.Success(key));
        }
    }
}
