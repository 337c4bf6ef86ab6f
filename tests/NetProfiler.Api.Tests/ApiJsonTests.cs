using System.Text;
using System.Text.Json;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Objects;

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
        var lease = new V1Lease { Spec = new() { RenewTime = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) } };

        var text = JsonSerializer.Serialize(task, ApiJson.Default.NetworkProfilingTask);
        Assert.Contains("\"startTime\":\"2026-01-02T03:04:05Z\"", text);
        Assert.Contains("\"time\":\"2026-01-02T03:04:05.123456Z\"", text);
        Assert.Contains("\"renewTime\":\"2026-01-02T03:04:05.000000Z\"", JsonSerializer.Serialize(lease, KubernetesJson.Default.V1Lease));
    }

    [Fact]
    public void Fields_of_a_lease_that_others_own_are_kept()
    {
        const string Text = """{"metadata":{"name":"a"},"spec":{"holderIdentity":"b","strategy":"OldestEmulationVersion","preferredHolder":"c"}}""";
        var lease = JsonSerializer.Deserialize(Text, KubernetesJson.Default.V1Lease)!;

        var written = Encoding.UTF8.GetString(ApplyBody.Whole(lease with { Spec = lease.Spec with { HolderIdentity = "d" } }));

        Assert.Contains("\"holderIdentity\":\"d\"", written);
        Assert.Contains("\"strategy\":\"OldestEmulationVersion\"", written);
        Assert.Contains("\"preferredHolder\":\"c\"", written);
    }

    [Fact]
    public void Apply_of_a_specification_sends_what_its_manager_owns_and_nothing_else()
    {
        var read = new NodeProfilingConfig
        {
            Metadata = new()
            {
                Name = "node1", Namespace = "netprofiler", Uid = "u", ResourceVersion = "7", Generation = 3,
                CreationTimestamp = DateTimeOffset.UnixEpoch, Finalizers = ["x/y"],
                OwnerReferences = [new() { ApiVersion = "v1", Kind = "Node", Name = "node1", Uid = "n" }],
            },
            Spec = new() { Reporting = new() { PeriodSeconds = 20 } },
            Status = new() { ObservedGeneration = 3 },
        };

        Assert.Equal(
            """{"apiVersion":"netprofiler.dev/v1alpha1","kind":"NodeProfilingConfig","metadata":{"name":"node1","namespace":"netprofiler","uid":"u","ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"node1","uid":"n"}]},"spec":{"reporting":{"periodSeconds":20},"tasks":[]}}""",
            Encoding.UTF8.GetString(ApplyBody.OfSpec(read)));
    }

    [Fact]
    public void Apply_of_a_status_sends_no_labels_and_no_specification()
    {
        var task = new NetworkProfilingTask
        {
            Metadata = new() { Name = "a", Namespace = "shop", Labels = new Dictionary<string, string> { ["app"] = "cart" } },
            Status = new() { Phase = TaskPhase.Running },
        };

        Assert.Equal(
            """{"apiVersion":"netprofiler.dev/v1alpha1","kind":"NetworkProfilingTask","metadata":{"name":"a","namespace":"shop"},"status":{"phase":"Running"}}""",
            Encoding.UTF8.GetString(ApplyBody.OfStatus(task)));
    }

    [Fact]
    public void What_is_computed_is_not_written()
    {
        var task = new NetworkProfilingTask { Spec = new() { Sampling = new() { Rules = [new() { Name = "r" }] }, Targets = [new() { PodSelector = new() }] } };
        var text = JsonSerializer.Serialize(task, ApiJson.Default.NetworkProfilingTask);
        Assert.DoesNotContain("isDefault", text);
        Assert.DoesNotContain("hasTrigger", text);
        Assert.DoesNotContain("isEmpty", text);
    }

    private static NetworkProfilingTask Read(string json) => JsonSerializer.Deserialize(json, ApiJson.Default.NetworkProfilingTask)!;
}
