using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.LeaderElection;
using NetProfiler.Kubernetes.Tests.Support;
using Prometheus;

namespace NetProfiler.Kubernetes.Tests.LeaderElection;

public class LeaderElectorTests
{
    private readonly ManualTime _time = new();
    private readonly MemoryClient _server = new();

    [Fact]
    public async Task Where_nobody_led_yet_the_first_one_leads()
    {
        await using var one = Candidate("one");
        await one.Leads();

        var lease = Lease();
        Assert.Equal("one", lease.Spec.HolderIdentity);
        Assert.Equal(15, lease.Spec.LeaseDurationSeconds);
        Assert.Equal(0, lease.Spec.LeaseTransitions);
        Assert.Equal(MicroTime.Of(_time.GetUtcNow()), lease.Spec.AcquireTime);
        Assert.Equal("one", one.Elector.Leader);
    }

    [Fact]
    public async Task A_leader_renews_and_keeps_the_time_since_when_it_leads()
    {
        await using var one = Candidate("one");
        await one.Leads();
        var begin = Lease();

        await _time.AdvanceAsync(TimeSpan.FromMinutes(2));

        Assert.True(one.Elector.IsLeader);
        Assert.Equal(begin.Spec.AcquireTime, Lease().Spec.AcquireTime);
        Assert.InRange(_time.GetUtcNow() - Lease().Spec.RenewTime!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(2.4));
        Assert.DoesNotContain("get leases", _server.Calls.Skip(2)); // optimistically, without reading first
    }

    [Fact]
    public async Task A_candidate_waits_the_holders_own_duration_from_when_it_saw_the_lease()
    {
        // Long over by the lease's own times, which a candidate must not look at; and four times longer than the candidate's own.
        await Hold("other", durationSeconds: 60, renewedAgo: TimeSpan.FromDays(1));
        await using var one = Candidate("one");
        await one.Sees("other");

        await _time.AdvanceAsync(TimeSpan.FromSeconds(59));
        Assert.False(one.Elector.IsLeader);
        Assert.Equal("other", one.Elector.Leader);

        await _time.AdvanceAsync(TimeSpan.FromSeconds(4));
        await one.Leads();
        Assert.Equal(4, Lease().Spec.LeaseTransitions);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_clock_that_is_set_changes_nothing(int hours)
    {
        await Hold("other", durationSeconds: 30, renewedAgo: TimeSpan.Zero);
        await using var one = Candidate("one");
        await one.Sees("other");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(5));

        _time.StepWallClock(TimeSpan.FromHours(hours));
        await _time.AdvanceAsync(TimeSpan.FromSeconds(24));
        Assert.False(one.Elector.IsLeader);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(4));
        await one.Leads();

        _time.StepWallClock(TimeSpan.FromHours(-hours));
        await _time.AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.True(one.Elector.IsLeader);
    }

    [Fact]
    public async Task A_holder_that_renews_is_not_displaced()
    {
        await Hold("other", durationSeconds: 15, renewedAgo: TimeSpan.Zero);
        await using var one = Candidate("one");
        await one.Sees("other");
        for (var i = 0; i < 12; i++)
        {
            await _time.AdvanceAsync(TimeSpan.FromSeconds(10));
            var lease = Lease();
            await _server.UpdateAsync(lease with { Spec = lease.Spec with { RenewTime = MicroTime.Of(_time.GetUtcNow()) } });
        }
        Assert.False(one.Elector.IsLeader);
    }

    [Fact]
    public async Task A_lease_that_was_given_back_is_taken_at_the_next_try()
    {
        await Hold("", durationSeconds: 1, renewedAgo: TimeSpan.Zero);
        await using var one = Candidate("one");
        await one.Leads();
        Assert.Equal(4, Lease().Spec.LeaseTransitions);
    }

    [Fact]
    public async Task Of_two_one_leads_and_after_a_graceful_stop_the_other_one_need_not_wait_for_the_lease_to_end()
    {
        await using var one = Candidate("one");
        await one.Leads();
        await using var two = Candidate("two");
        await two.Sees("one");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(30));
        Assert.True(one.Elector.IsLeader);
        Assert.False(two.Elector.IsLeader);

        await one.StopAsync();
        Assert.Null(Lease().Spec.HolderIdentity);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(2.5));
        await two.Leads();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leader_that_cannot_renew_stops_before_another_one_begins(bool hangs)
    {
        await using var one = Candidate("one");
        await one.Leads();
        await using var two = Candidate("two");
        await two.Sees("one");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(5));
        one.Client.Before = hangs
            ? (_, token) => Task.Delay(Timeout.Infinite, token)
            : (_, _) => throw new HttpRequestException("no route to host");

        TimeSpan? lost = null, taken = null;
        for (var at = TimeSpan.Zero; taken is null && at < TimeSpan.FromSeconds(60); at += TimeSpan.FromMilliseconds(500))
        {
            await _time.AdvanceAsync(TimeSpan.FromMilliseconds(500));
            if (one.Work.IsCancellationRequested) lost ??= at;
            if (two.Elector.IsLeader) taken ??= at;
        }

        Assert.NotNull(lost);
        Assert.NotNull(taken);
        Assert.True(lost < taken, $"lost after {lost}, taken after {taken}");
        Assert.False(one.Elector.IsLeader);
        await Assert.ThrowsAsync<LeadershipLostException>(() => one.Run.Within());
    }

    [Fact]
    public async Task A_failure_that_ends_before_the_deadline_is_no_loss()
    {
        await using var one = Candidate("one");
        await one.Leads();
        one.Client.Before = (_, _) => throw MemoryClient.Refusal(500, "InternalError");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(8));
        one.Client.Before = (_, _) => Task.CompletedTask;
        await _time.AdvanceAsync(TimeSpan.FromSeconds(30));

        Assert.True(one.Elector.IsLeader);
        Assert.False(one.Run.IsCompleted);
    }

    [Fact]
    public async Task A_leader_whose_lease_another_one_took_stops_at_once()
    {
        await using var one = Candidate("one");
        await one.Leads();
        var lease = Lease();
        await _server.UpdateAsync(lease with { Spec = lease.Spec with { HolderIdentity = "thief" } });

        await _time.AdvanceAsync(TimeSpan.FromSeconds(3));
        var lost = await Assert.ThrowsAsync<LeadershipLostException>(() => one.Run.Within());
        Assert.Contains("thief", lost.Message);
    }

    [Fact]
    public async Task A_lease_that_was_deleted_is_made_again_by_its_leader()
    {
        await using var one = Candidate("one");
        await one.Leads();
        await _server.DeleteAsync<V1Lease>("operator", "netprofiler");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(3));
        Assert.Equal("one", Lease().Spec.HolderIdentity);
        Assert.True(one.Elector.IsLeader);
    }

    [Fact]
    public async Task The_lease_is_held_until_the_work_has_ended()
    {
        var drained = new TaskCompletionSource();
        await using var one = Candidate("one", async stop =>
        {
            await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, TaskScheduler.Default);
            await drained.Task;
        });
        await one.Leads();

        one.Stop.Cancel();
        await _time.AdvanceAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("one", Lease().Spec.HolderIdentity);
        Assert.True(_time.GetUtcNow() - Lease().Spec.RenewTime < TimeSpan.FromSeconds(3));

        drained.SetResult();
        await one.Run.Within();
        Assert.Null(Lease().Spec.HolderIdentity);
        Assert.Equal(1, Lease().Spec.LeaseDurationSeconds);
    }

    [Fact]
    public async Task A_conflict_while_giving_back_is_tried_again()
    {
        await using var one = Candidate("one");
        await one.Leads();
        var lease = Lease();
        await _server.UpdateAsync(lease with { Metadata = lease.Metadata
            with { Annotations = new Dictionary<string, string> { ["a"] = "b" } } });

        await one.StopAsync();
        Assert.Null(Lease().Spec.HolderIdentity);
        Assert.Equal("b", Lease().Metadata.Annotations["a"]);
    }

    [Fact]
    public async Task Who_leads_is_a_metric_and_a_leader_that_hangs_is_not_healthy()
    {
        await using var one = Candidate("one");
        await one.Leads();
        Assert.Equal(1, one.Metrics.Value("leader_election_master_status", ("name", "operator")));
        Assert.True(one.Elector.IsHealthy);

        _time.Hang = true; // its timers do not fire
        _time.Advance(TimeSpan.FromSeconds(36));
        Assert.False(one.Elector.IsHealthy);
        _time.Hang = false;
    }

    [Theory]
    [InlineData(10, 10, 2, "leaseDuration")]
    [InlineData(15, 2, 2, "renewDeadline")]
    [InlineData(0.5, 0.4, 0.1, "whole seconds")]
    public void Times_that_cannot_work_are_refused(double lease, double renew, double retry, string reason)
    {
        var options = Options("one") with
        {
            LeaseDuration = TimeSpan.FromSeconds(lease), RenewDeadline = TimeSpan.FromSeconds(renew),
            RetryPeriod = TimeSpan.FromSeconds(retry),
        };
        var refused = Assert.Throws<ArgumentException>(
            () => new LeaderElector(_server, options, Prometheus.Metrics.NewCustomRegistry(), _time, NullLoggerFactory.Instance));
        Assert.Contains(reason, refused.Message);
    }

    private static LeaderElectionOptions Options(string identity) =>
        new() { LeaseNamespace = "netprofiler", LeaseName = "operator", Identity = identity };

    private V1Lease Lease() => _server.Find<V1Lease>("operator", "netprofiler")!;

    private Task<V1Lease> Hold(string holder, int durationSeconds, TimeSpan renewedAgo) => _server.CreateAsync(new V1Lease
    {
        Metadata = new() { Name = "operator", NamespaceProperty = "netprofiler" },
        Spec = new()
        {
            HolderIdentity = holder, LeaseDurationSeconds = durationSeconds, LeaseTransitions = 3,
            AcquireTime = MicroTime.Of(_time.GetUtcNow() - renewedAgo), RenewTime = MicroTime.Of(_time.GetUtcNow() - renewedAgo),
        },
    });

    private RunningCandidate Candidate(string identity, Func<CancellationToken, Task>? work = null) => new(identity, _server, _time, work);

    private sealed class RunningCandidate : IAsyncDisposable
    {
        public RunningCandidate(string identity, MemoryClient server, ManualTime time, Func<CancellationToken, Task>? work)
        {
            Client = new SharedClient(server);
            Elector = new LeaderElector(Client, Options(identity), Metrics, time, NullLoggerFactory.Instance);
            Run = Task.Run(() => Elector.RunAsync(
                token =>
                {
                    Work = token;
                    return work?.Invoke(token) ?? Task.Delay(Timeout.Infinite, token);
                },
                Stop.Token));
        }

        public SharedClient Client { get; }

        public LeaderElector Elector { get; }

        public CollectorRegistry Metrics { get; } = Prometheus.Metrics.NewCustomRegistry();

        public CancellationTokenSource Stop { get; } = new();

        public CancellationToken Work { get; private set; }

        public Task Run { get; }

        public Task Leads() => Eventually.True(() => Elector.IsLeader && Work.CanBeCanceled, "it never led");

        public Task Sees(string leader) => Eventually.True(() => Elector.Leader == leader, $"it never saw that {leader} leads");

        public async Task StopAsync()
        {
            await Stop.CancelAsync();
            await Run.Within();
        }

        public async ValueTask DisposeAsync()
        {
            await Stop.CancelAsync();
            await Run.ContinueWith(_ => { }, TaskScheduler.Default).Within();
            Stop.Dispose();
        }
    }
}
