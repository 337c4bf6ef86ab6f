using System.Text.Json;
using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Api.Tests;

public class ApiJsonTests
{
    [Fact]
    public void What_a_task_does_not_say_is_its_default()
    {
        var task = Read("""{"metadata":{"name":"a"},"spec":{"targets":[{"podSelector":{"matchLabels":{"app":"cart"}}}],"sampling":{}}}""");

        Assert.Equal(600, task.Spec.ActiveDeadlineSeconds);
        Assert.Equal(10, task.Spec.Sampling.TopN);
        Assert.Empty(task.Spec.Sampling.Rules);
        Assert.Equal(QueryParameterRedaction.Names, task.Spec.Redaction.QueryParameters);
        Assert.Contains("authorization", task.Spec.Redaction.Headers);
        Assert.True(task.Spec.Metrics.Enabled);
        Assert.Equal("cart", task.Spec.Targets[0].PodSelector!.MatchLabels["app"]);
    }

    [Fact]
    public void Unknown_fields_are_ignored() => Assert.Equal("a", Read("""{"later":{"x":[1]},"metadata":{"name":"a","managedFields":[{}]}}""").Metadata.Name);

    [Fact]
    public void An_unknown_word_for_an_enum_is_an_error() =>
        Assert.Throws<JsonException>(() => Read("""{"metadata":{"name":"a"},"spec":{"direction":"Sideways"}}"""));

    [Fact]
    public void Times_are_whole_seconds_and_micro_times_have_six_digits()
    {
        var time = new DateTimeOffset(2026, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)).AddTicks(1_234_567);
        var task = new NetworkProfilingTask { Status = new() { StartTime = time, TopTraces = new() { Slow = [new() { Time = time }] } } };
        var condition = new V1Condition { LastTransitionTime = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc) };
        task.Status.Conditions = [condition];

        var text = JsonSerializer.Serialize(task, ApiJson.Default.NetworkProfilingTask);
        Assert.Contains("\"startTime\":\"2026-01-02T03:04:05Z\"", text);
        Assert.Contains("\"time\":\"2026-01-02T03:04:05.123456Z\"", text);
        Assert.Contains("\"lastTransitionTime\":\"2026-01-02T03:04:05Z\"", text);
    }

    [Fact]
    public void The_client_reads_and_writes_the_resources_alike()
    {
        var config = new NodeProfilingConfig
        {
            Metadata = new() { Name = "node1", NamespaceProperty = "netprofiler" },
            Spec = new() { Reporting = new() { PeriodSeconds = 20 }, Tasks = [new() { Name = "a", Namespace = "shop", Uid = "u" }] },
            Status = new() { ObservedGeneration = 3 },
        };
        var client = new ResourceJson(ApiJson.Default).Of<NodeProfilingConfig>();

        var text = JsonSerializer.Serialize(config, ApiJson.Default.NodeProfilingConfig);

        Assert.Equal(text, JsonSerializer.Serialize(config, client));
        Assert.Equal(text, JsonSerializer.Serialize(JsonSerializer.Deserialize(text, client)!, ApiJson.Default.NodeProfilingConfig));
    }

    [Fact]
    public void What_is_computed_is_not_written()
    {
        var task = new NetworkProfilingTask { Spec = new() { Sampling = new() { Rules = [new() { Name = "r" }] },
            Targets = [new() { PodSelector = new() }] } };
        var text = JsonSerializer.Serialize(task, ApiJson.Default.NetworkProfilingTask);
        Assert.DoesNotContain("isDefault", text);
        Assert.DoesNotContain("hasTrigger", text);
        Assert.DoesNotContain("isEmpty", text);
    }

    private static NetworkProfilingTask Read(string json) => JsonSerializer.Deserialize(json, ApiJson.Default.NetworkProfilingTask)!;
}
