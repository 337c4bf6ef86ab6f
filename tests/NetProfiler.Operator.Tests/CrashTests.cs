using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

/// <summary>
/// A whole life of tasks, and the operator killed at each of its calls in turn, before or after the server did what was asked.
/// </summary>
public class CrashTests
{
    [Fact]
    public async Task Wherever_it_is_killed_the_end_is_the_same_and_no_result_is_lost_or_counted_twice()
    {
        var (calls, end) = await LiveAsync((_, _) => { });
        Assert.InRange(calls, 15, 100);
        // Ten on a and b each; ten on c and b each, a being without a pod; ten on c alone, b being gone.
        Assert.Contains("cart-slow: Completed 50 requests p99 10", end);

        for (int fatal = 0; fatal < calls; fatal++)
        {
            foreach (bool isCommitted in new[] { false, true })
            {
                bool wasKilled = false;
                var (_, killed) = await LiveAsync((cluster, number) =>
                {
                    if (wasKilled || number != fatal) return;
                    wasKilled = true;
                    throw new ProcessKilledException();
                }, isCommitted);
                Assert.True(wasKilled);
                Assert.Equal(end, killed);
            }
        }
    }

    [Fact]
    public async Task Killed_at_every_single_call_it_still_gets_to_the_same_end()
    {
        var (_, end) = await LiveAsync((_, _) => { });
        var (_, killed) = await LiveAsync((_, _) => throw new ProcessKilledException(), afterCommit: true);
        Assert.Equal(end, killed);
    }

    private static async Task<(int Calls, string End)> LiveAsync(Action<FakeCluster, int> onCall, bool afterCommit = false)
    {
        var time = new ManualTime();
        var cluster = new FakeCluster(time);
        if (afterCommit) cluster.AfterCommit = number => onCall(cluster, number);
        else cluster.BeforeCommit = number => onCall(cluster, number);
        var agents = new Agents(cluster, time);
        var run = new OperatorRun(cluster, time);
        var ends = new List<string>();

        foreach (var node in new[] { "a", "b", "c" }) cluster.Put(Make.Node(node));
        cluster.Put(Make.Pod("cart-1", "a"));
        cluster.Put(Make.Pod("cart-2", "b"));
        cluster.Put(Make.Task());
        cluster.Put(Make.Task("short", ttl: 0, deadlineSeconds: 30));
        await SettleAsync();
        agents.Work(10);
        await SettleAsync();

        time.Advance(10);
        // One pod moves to another node, and the node of the other goes, with everything but what it reported.
        cluster.Remove<PodRecord>(Make.Shop, "cart-1");
        cluster.Put(Make.Pod("cart-3", "c"));
        await SettleAsync();
        agents.Work(10);
        cluster.Remove<V1Node>(null, "b");
        cluster.Remove<PodRecord>(Make.Shop, "cart-2");
        await SettleAsync();
        agents.Work(10);
        await SettleAsync();

        time.Advance(30);
        agents.Work(0);
        await SettleAsync();
        Assert.Null(cluster.Find<NetworkProfilingTask>(Make.Shop, "short"));

        time.Advance(600);
        agents.Work(0);
        await SettleAsync();
        time.Advance(20);
        await SettleAsync();
        var task = cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!.Status!;
        ends.Add($"cart-slow: {task.Phase} {task.Summary?.Requests} requests p99 {task.Summary?.DurationMicroseconds?.P99 / 1000}");
        ends.Add(System.Text.Encoding.UTF8.GetString(StatusSize.Serialize(task)));

        // Its results are in its status: the configurations have nothing left to keep.
        for (int i = 0; i < 10 && cluster.All<NodeProfilingConfig>().Any(); i++)
        {
            time.Advance(60);
            await SettleAsync();
        }

        Assert.Empty(cluster.All<NodeProfilingConfig>());
        return (cluster.Calls.Count, string.Join('\n', ends));

        async Task SettleAsync()
        {
            for (int restarts = 0; restarts < 200; restarts++)
            {
                try
                {
                    await run.SettleAsync();
                    return;
                }
                catch (ProcessKilledException)
                {
                    run = new OperatorRun(cluster, time);
                }
            }

            Assert.Fail("it never settles");
        }
    }

    private sealed class ProcessKilledException : Exception;
}
