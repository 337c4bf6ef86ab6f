using NetProfiler.Api.Conditions;
using NetProfiler.Api.Exporters;
using NetProfiler.Api.Resources;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

/// <summary>Tasks that name an exporter.</summary>
public sealed class ExporterTests
{
    private static readonly NamedExporters Two = new(new Dictionary<string, ExporterAddresses>
    {
        ["zipkin"] = new("http://zipkin:9411", null, null),
        ["oap"] = new(null, "oap:11800", null),
    });

    private readonly ManualTime _time = new();
    private readonly FakeCluster _cluster;
    private readonly CollectedEvents _events = new();
    private readonly Agents _agents;

    public ExporterTests()
    {
        _cluster = new(_time);
        _agents = new(_cluster, _time);
        _cluster.Put(Make.Node("a"));
        _cluster.Put(Make.Node("b"));
        _cluster.Put(Make.Pod("cart-1", "a"));
        _cluster.Put(Make.Pod("cart-2", "b"));
    }

    [Fact]
    public async Task One_that_is_known_is_told_to_the_nodes()
    {
        await StartAsync("oap", Two);
        Assert.Equal(("True", "Accepted"), Of(ConditionType.Accepted));
        Assert.Equal(["oap", "oap"], _cluster.All<NodeProfilingConfig>().SelectMany(config => config.Spec.Tasks)
            .Select(task => task.ExportRef?.Name));
    }

    [Theory]
    [InlineData(true, "spec.exportRef.name: there is no exporter \"jaeger\": known are oap, zipkin")]
    [InlineData(false, "spec.exportRef.name: there is no exporter \"jaeger\": the cluster's administrator has not defined any")]
    public async Task One_that_is_not_is_refused_with_those_that_are(bool areNamed, string message)
    {
        await StartAsync("jaeger", areNamed ? Two : NamedExporters.None);
        Assert.Equal(TaskPhase.Failed, Status.Phase);
        Assert.Equal(("False", "ExporterNotFound"), Of(ConditionType.Accepted));
        Assert.Equal(("True", "ExporterNotFound"), Of(ConditionType.Failed));
        Assert.Equal(message, Conditions.Find(Status.Conditions, ConditionType.Accepted)!.Message);
        Assert.Equal(["Warning Fail ExporterNotFound"], _events.Told);
        Assert.Empty(_cluster.All<NodeProfilingConfig>());
    }

    [Fact]
    public async Task What_is_no_name_at_all_is_a_fault_of_the_specification()
    {
        await StartAsync("OAP", Two);
        Assert.Equal(("False", "InvalidSpec"), Of(ConditionType.Accepted));
    }

    [Fact]
    public async Task A_task_under_way_goes_on_when_its_exporter_is_no_more_and_an_agent_that_cannot_send_is_told_of()
    {
        await StartAsync("oap", Two);
        _agents.Work(10);
        await new OperatorRun(_cluster, _time, _events).SettleAsync();
        Assert.Equal((TaskPhase.Running, ("True", "Accepted"), ("False", "AsExpected")),
            (Status.Phase, Of(ConditionType.Accepted), Of(ConditionType.Degraded)));

        var config = _cluster.Find<NodeProfilingConfig>(OperatorRun.Namespace, "b")!;
        var told = config.Status!.Tasks[0] with { Reason = "ExporterNotFound", Message = "there is no exporter \"oap\": known are zipkin" };
        _cluster.Put(config with { Status = config.Status with { Tasks = [told] } });
        await new OperatorRun(_cluster, _time, _events).SettleAsync();
        Assert.Equal((TaskPhase.Running, ("True", "ExporterNotFound")), (Status.Phase, Of(ConditionType.Degraded)));
        Assert.Equal("1 node (b) cannot send samples: there is no exporter \"oap\": known are zipkin",
            Conditions.Find(Status.Conditions, ConditionType.Degraded)!.Message);
        Assert.Equal(20, Status.Summary!.Requests);
    }

    private NetworkProfilingTaskStatus Status => _cluster.Find<NetworkProfilingTask>(Make.Shop, "cart-slow")!.Status!;

    private (string Status, string Reason) Of(string condition) =>
        Conditions.Find(Status.Conditions, condition) is { } found ? (found.Status, found.Reason) : ("", "");

    private async Task StartAsync(string exporter, NamedExporters known)
    {
        var task = Make.Task();
        task.Spec.ExportRef = new() { Name = exporter };
        _cluster.Put(task);
        await new OperatorRun(_cluster, _time, _events, known).SettleAsync();
    }
}
