using NetProfiler.Kubernetes.Queues;
using NetProfiler.Kubernetes.Tests.Support;
using Prometheus;

namespace NetProfiler.Kubernetes.Tests.Queues;

public class WorkQueueTests
{
    private readonly ManualTime _time = new();
    private readonly CollectorRegistry _metrics = Prometheus.Metrics.NewCustomRegistry();
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests() => _queue = new WorkQueue<string>("test", _metrics, _time);

    [Fact]
    public async Task A_key_that_is_added_twice_is_given_once()
    {
        _queue.Add("a");
        _queue.Add("a");
        _queue.Add("b");

        Assert.Equal("a", await Take());
        Assert.Equal("b", await Take());
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task A_key_that_is_added_while_it_is_worked_on_comes_again_after_Done_and_not_before()
    {
        _queue.Add("a");
        var key = await Take();
        _queue.Add("a");
        _queue.Add("a");
        var next = _queue.GetAsync().AsTask();
        Assert.False(next.IsCompleted);

        _queue.Done(key);

        Assert.Equal((true, "a"), await next.Within());
        _queue.Done("a");
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task A_key_may_come_later_than_a_timer_takes()
    {
        var queue = new WorkQueue<string>("long", _metrics, TimeProvider.System);
        queue.AddAfter("a", TimeSpan.FromDays(365));
        queue.AddAfter("b", TimeSpan.FromMilliseconds(1));
        Assert.Equal((true, "b"), await queue.GetAsync().AsTask().Within());
    }

    [Fact]
    public async Task Whoever_waits_is_woken_by_a_key()
    {
        var first = _queue.GetAsync().AsTask();
        var second = _queue.GetAsync().AsTask();
        _queue.Add("a");
        Assert.Equal((true, "a"), await first.Within());
        Assert.False(second.IsCompleted);
        _queue.Add("b");
        Assert.Equal((true, "b"), await second.Within());
    }

    [Fact]
    public async Task A_worker_that_gave_up_waiting_takes_no_key()
    {
        using var cancel = new CancellationTokenSource();
        var gone = _queue.GetAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);

        _queue.Add("a");
        Assert.Equal("a", await Take());
    }

    [Fact]
    public async Task Urgent_keys_come_before_those_of_the_start_and_a_waiting_key_may_become_urgent()
    {
        _queue.Add("a", isUrgent: false);
        _queue.Add("b", isUrgent: false);
        _queue.Add("c");
        _queue.Add("b");

        Assert.Equal(["c", "b", "a"], [await Take(), await Take(), await Take()]);
    }

    [Fact]
    public void Of_several_times_of_a_key_the_earliest_counts()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(3));
        _queue.AddAfter("a", TimeSpan.FromSeconds(5));

        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Equal(0, _queue.Count);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public async Task A_key_that_came_at_its_earliest_time_does_not_come_at_the_later_ones()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(3));
        _queue.Done(await Take());

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task The_delay_of_a_key_doubles_until_it_is_forgotten()
    {
        foreach (var milliseconds in new[] { 5, 10, 20, 40 })
        {
            _queue.AddRateLimited("a");
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
            Assert.Equal(0, _queue.Count);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            _queue.Done(await Take());
        }
        Assert.Equal(4, _queue.Retries("a"));

        _queue.Forget("a");
        _queue.AddRateLimited("a");
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal("a", await Take());
    }

    [Fact]
    public void The_delay_of_a_key_ends_at_a_thousand_seconds()
    {
        var limiter = new RetryLimiter<string>(_time);
        var last = TimeSpan.Zero;
        for (var i = 0; i < 30; i++) last = limiter.Next("a");
        Assert.Equal(TimeSpan.FromSeconds(1000), last);
    }

    [Fact]
    public void All_retries_together_have_a_rate()
    {
        var limiter = new RetryLimiter<int>(_time);
        for (var i = 0; i < 100; i++) Assert.Equal(5, limiter.Next(i).TotalMilliseconds, precision: 6);
        Assert.Equal(100, limiter.Next(100).TotalMilliseconds, precision: 6);
        Assert.Equal(200, limiter.Next(101).TotalMilliseconds, precision: 6);
    }

    [Fact]
    public async Task A_shut_down_queue_takes_nothing_gives_out_what_waits_and_then_ends()
    {
        _queue.Add("a");
        _queue.ShutDown();
        _queue.Add("b");

        Assert.Equal("a", await Take());
        Assert.Equal((false, null), await _queue.GetAsync());
    }

    [Fact]
    public async Task Draining_waits_for_the_last_worker()
    {
        _queue.Add("a");
        var key = await Take();
        var drained = _queue.ShutDownAndDrainAsync();
        Assert.False(drained.IsCompleted);
        _queue.Done(key);
        await drained.Within();
    }

    [Fact]
    public async Task What_it_does_is_counted_under_the_names_of_Go()
    {
        _queue.Add("a");
        _time.Advance(TimeSpan.FromSeconds(2));
        var depth = Value("workqueue_depth");
        var key = await Take();
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(1, depth);
        Assert.Equal(3, Value("workqueue_unfinished_work_seconds"));
        Assert.Equal(3, Value("workqueue_longest_running_processor_seconds"));
        _queue.Done(key);
        _queue.AddRateLimited(key);
        Assert.Equal(1, Value("workqueue_adds_total"));
        Assert.Equal(1, Value("workqueue_retries_total"));
        Assert.Equal(2, Value("workqueue_queue_duration_seconds_sum"));
        Assert.Equal(3, Value("workqueue_work_duration_seconds_sum"));
    }

    [Fact]
    public async Task Many_workers_never_share_a_key_and_lose_none()
    {
        const int Keys = 50, Workers = 8, Adds = 20_000;
        var working = new int[Keys];
        var shared = 0;
        var seen = new int[Keys];
        var asked = new int[Keys];
        var queue = new WorkQueue<int>("many", _metrics, TimeProvider.System);
        var workers = Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
        {
            while (await queue.GetAsync() is (true, var key))
            {
                if (Interlocked.Increment(ref working[key]) > 1) Interlocked.Increment(ref shared);
                Volatile.Write(ref seen[key], Volatile.Read(ref asked[key]));
                Interlocked.Decrement(ref working[key]);
                queue.Done(key);
            }
        })).ToArray();
        Parallel.For(0, Adds, i =>
        {
            Interlocked.Increment(ref asked[i % Keys]);
            queue.Add(i % Keys, isUrgent: i % 3 == 0);
        });
        await queue.ShutDownAndDrainAsync().Within();
        await Task.WhenAll(workers).Within();

        Assert.Equal(0, shared);
        Assert.Equal(asked, seen); // each key was worked on after its last addition
    }

    private async Task<string> Take()
    {
        var (hasKey, key) = await _queue.GetAsync().AsTask().Within();
        Assert.True(hasKey);
        return key;
    }

    private double Value(string name) => _metrics.Value(name, ("name", "test"));
}
