using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;
using NetProfiler.Node.Cluster;

namespace NetProfiler.Node.Tests.Cluster;

/// <summary>What an agent makes of configurations, and its own reports, of any version.</summary>
public sealed class ReportTests
{
    [Theory]
    [InlineData(1, StatusSize.MaxTaskBytes)]
    [InlineData(32, StatusSize.MaxNodeBytes / 32)]
    public void A_report_that_is_too_large_keeps_its_counts_and_the_first_of_each_list(int tasks, int maxBytes)
    {
        TaskTopTrace[] traces = [.. Enumerable.Range(0, 50)
            .Select(i => new TaskTopTrace { SampleId = $"{i:x16}", Uri = new string('ä', 256), TraceId = new string('t', 256),
            Peer = new string('p', 512) })];
        NodePeer[] peers = [.. Enumerable.Range(0, 100)
            .Select(i => new NodePeer { Local = new() { Name = new string('l', 320) }, Remote = new() { Name = $"{i}" },
            Requests = 100 - i })];
        var whole = new NodeTaskStatus { Uid = "uid", Counts = new() { Requests = 7 },
            TopTraces = new() { Slow = traces, ClientErrors = traces[..3], ServerErrors = traces }, Peers = peers };

        var cut = StatusSize.Bound(whole, tasks);
        int bytes = JsonSerializer.SerializeToUtf8Bytes(cut, ApiJson.Default.NodeTaskStatus).Length;

        Assert.InRange(bytes, maxBytes - 4096, maxBytes);
        Assert.Equal((7, true), (cut.Counts.Requests, cut.Truncated));
        Assert.Equal(traces[..cut.TopTraces.Slow.Count], cut.TopTraces.Slow);
        Assert.InRange(cut.TopTraces.Slow.Count - cut.TopTraces.ServerErrors.Count, 0, 1);
        Assert.Equal(3, cut.TopTraces.ClientErrors.Count);
        Assert.Equal(peers[..cut.Peers.Count], cut.Peers);
        Assert.NotEmpty(cut.Peers);
    }

    [Fact]
    public void A_report_that_fits_stays_as_it_is()
    {
        var report = new NodeTaskStatus { Uid = "uid", Peers = [new()] };
        Assert.Same(report, StatusSize.Bound(report, 8));
    }

    [Fact]
    public void What_a_later_operator_adds_to_a_configuration_is_passed_over()
    {
        var config = JsonSerializer.Deserialize("""
            {"metadata": {"name": "node"}, "spec": {"newer": {"than": "we"}, "tasks": [{"uid": "1", "generation": 3, "colour": ["blue"],
             "sampling": {"rules": [{"name": "all", "unless": true, "collect": {"trailers": "Full"}}]}, "targets": [{"containerID": "containerd://a", "sidecar": false}]}]}}
            """, ApiJson.Default.NodeProfilingConfig)!;
        var task = Assert.Single(config.Spec.Tasks);
        Assert.Equal((3, "all", "containerd://a"), (task.Generation, task.Sampling.Rules[0].Name, task.Targets[0].ContainerId));
    }

    [Fact]
    public void Rules_that_are_not_understood_fail_the_task_and_no_other()
    {
        var tasks = new NodeTasks(TimeProvider.System, NullLogger<NodeTasks>.Instance);
        tasks.Set([Share("good", "^/a"), Share("bad", "(?<=a)b")], null);
        Assert.Equal([null, "RulesNotUnderstood"], tasks.All.Select(task => task.Fault?.Reason));
    }

    [Fact]
    public void A_tasks_targets_and_times_may_change_and_it_goes_on_its_rules_begin_anew_with_its_counts()
    {
        var tasks = new NodeTasks(TimeProvider.System, NullLogger<NodeTasks>.Instance);
        tasks.Set([Share("task", "^/a")], new() { Tasks = [new NodeTaskStatus { Uid = "task", Counts = new() { Requests = 5 } }] });
        var first = tasks.All[0];
        Assert.Equal(5, first.Earlier?.Counts.Requests);

        tasks.Set([Share("task", "^/a") with { NotAfter = DateTimeOffset.UtcNow.AddHours(1),
            Targets = [new() { ContainerId = "containerd://one" }] }], null);
        Assert.Same(first.Plan, tasks.All[0].Plan);
        var container = tasks.All[0].Containers[0];

        tasks.Update(task => task with { Reported = new() { Uid = "task", Counts = new() { Requests = 9 },
            TopTraces = new() { Slow = [new()] } } });
        tasks.Set([Share("task", "^/b") with { Targets = [new() { ContainerId = "containerd://one" }] }], null);
        Assert.NotSame(first.Plan, tasks.All[0].Plan);
        Assert.Equal((9, 0), (tasks.All[0].Earlier!.Counts.Requests, tasks.All[0].Earlier!.TopTraces.Slow.Count));
        // The same container is the same object, whoever asks for it.
        Assert.Same(container, tasks.All[0].Containers[0]);
    }

    [Fact]
    public void What_left_the_configuration_goes_on_when_it_comes_back()
    {
        var tasks = new NodeTasks(TimeProvider.System, NullLogger<NodeTasks>.Instance);
        tasks.Set([Share("task", "^/a")], null);
        tasks.Update(task => task with { Reported = new() { Uid = "task", Counts = new() { Requests = 9 } } });
        tasks.Set([], null);
        // of an older moment
        tasks.Set([Share("task", "^/a")], new() { Tasks = [new NodeTaskStatus { Uid = "task", Counts = new() { Requests = 4 } }] });
        Assert.Equal(9, tasks.All[0].Earlier!.Counts.Requests);
    }

    private static NodeTask Share(string uid, string pattern) => new()
    {
        Uid = uid, Namespace = "shop", Name = uid, NotAfter = DateTimeOffset.UtcNow.AddMinutes(1), MaxDurationSeconds = 60,
        Sampling = new() { Rules = [new() { Name = "rule", UriRegex = pattern }] },
    };
}
