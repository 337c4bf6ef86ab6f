using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Api.Exporters;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Cluster;

namespace NetProfiler.Node.Tests.Attacks;

/// <summary>A rule whose pattern costs too much is switched off, and the node's report says so.</summary>
public sealed class CostlyRuleTests
{
    [Fact]
    public void The_report_names_the_rule()
    {
        NodeTask share = new()
        {
            Uid = "uid", Namespace = "shop", Name = "task", NotAfter = DateTimeOffset.UtcNow.AddHours(1), MaxDurationSeconds = 3600,
            Targets = [new() { ContainerId = "containerd://1", PodName = "cart", ContainerName = "app" }],
            Sampling = new() { Rules = [new() { Name = "evil", UriRegex = "[ab]*a[ab]{400}c", When5xx = true },
                new() { Name = "rest", When5xx = true }] },
        };
        var tasks = new NodeTasks(TimeProvider.System, NullLogger<NodeTasks>.Instance);
        tasks.Set([share], null);
        tasks.Update(task => task.Look(TimeProvider.System) with { Captured = task.Containers });
        var known = Assert.Single(tasks.All);
        Assert.Equal(new TaskCondition(NodeTaskState.Capturing), TaskStateJudge.Of(known, isCapturing: true, null, NamedExporters.None));

        byte[] path = [(byte)'/', .. new Random(1).GetItems("ab"u8, RuleSet.MaxPathBytes)];
        Assert.Equal("rest", known.Plan!.Rules.Find(path, 0)?.Name);
        var condition = TaskStateJudge.Of(known, isCapturing: true, null, NamedExporters.None);
        Assert.Equal((NodeTaskState.Capturing, "RuleSwitchedOff"), (condition.State, condition.Reason));
        Assert.StartsWith("rule evil is switched off: ", condition.Message, StringComparison.Ordinal);
    }
}
