using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests.Attacks;

/// <summary>A pattern made to be slow: refused with the reason, or named when an agent has switched it off.</summary>
public sealed class CostlyRuleTests
{
    private readonly ManualTime _time = new();
    private readonly FakeCluster _cluster;
    private readonly CollectedEvents _events = new();

    public CostlyRuleTests()
    {
        _cluster = new(_time);
        _cluster.Put(Make.Node("a"));
        _cluster.Put(Make.Pod("cart-1", "a"));
    }

    [Fact]
    public async Task A_pattern_with_too_large_an_automaton_is_refused_and_reaches_no_node()
    {
        await StartAsync(".*a.{999}c|.*b.{998}c|.*ab.{997}c|.*ba.{996}c|.*aa.{995}c|.*bb.{994}c");
        var accepted = Conditions.Find(Status.Conditions, ConditionType.Accepted)!;
        Assert.Equal(("False", "InvalidSampling"), (accepted.Status, accepted.Reason));
        Assert.Contains("spec.sampling.rules[0].uriRegex: is not a pattern of the linear-time engine: ", accepted.Message,
            StringComparison.Ordinal);
        Assert.Empty(_cluster.All<NodeProfilingConfig>());
    }

    [Fact]
    public async Task A_rule_that_an_agent_switched_off_is_named_by_a_condition_and_an_event()
    {
        await StartAsync("[ab]*a[ab]{400}c");
        new Agents(_cluster, _time).Work(10);
        var config = _cluster.Find<NodeProfilingConfig>(OperatorRun.Namespace, "a")!;
        var told = config.Status!.Tasks[0] with { Reason = "RuleSwitchedOff", Message = "rule evil is switched off: write a simpler one" };
        _cluster.Put(config with { Status = config.Status with { Tasks = [told] } });
        await new OperatorRun(_cluster, _time, _events).SettleAsync();

        var degraded = Conditions.Find(Status.Conditions, ConditionType.Degraded)!;
        Assert.Equal(("True", "RuleSwitchedOff"), (degraded.Status, degraded.Reason));
        Assert.Equal("on 1 node (a) rule evil is switched off: write a simpler one", degraded.Message);
        Assert.Contains("Warning Capture RuleSwitchedOff", _events.Told);
        Assert.Equal((TaskPhase.Running, 10), (Status.Phase, Status.Summary!.Requests));
    }

    private NetworkProfilingTaskStatus Status => _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!.Status!;

    private async Task StartAsync(string pattern)
    {
        var task = Make.Task();
        task.Spec.Sampling = new() { Rules = [new() { Name = "evil", UriRegex = pattern, When5xx = true }] };
        _cluster.Put(task);
        await new OperatorRun(_cluster, _time, _events).SettleAsync();
    }
}
