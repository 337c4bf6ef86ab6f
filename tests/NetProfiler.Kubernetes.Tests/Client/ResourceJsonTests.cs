using System.Text.Json;
using k8s.Models;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Tests.Support;

namespace NetProfiler.Kubernetes.Tests.Client;

public class ResourceJsonTests
{
    [Fact]
    public void What_is_not_said_is_its_default() => Assert.Equal(10, Read<Widget>("""{"metadata":{"name":"a"},"spec":{}}""").Spec.Size);

    [Fact]
    public void Unknown_fields_are_ignored_and_managed_fields_are_not_kept()
    {
        var read = Read<Widget>("""{"later":{"x":[1]},"metadata":{"name":"a","managedFields":[{"manager":"x","fieldsV1":{"f:spec":{}}}]}}""");
        Assert.Equal("a", read.Metadata.Name);
        Assert.Null(read.Metadata.ManagedFields);
    }

    [Fact]
    public void An_unknown_word_for_an_enum_is_an_error() =>
        Assert.Throws<JsonException>(() => Read<Widget>("""{"metadata":{"name":"a"},"spec":{"color":"Green"}}"""));

    [Fact]
    public void Times_are_whole_seconds_and_micro_times_have_six_digits()
    {
        var time = new DateTimeOffset(2026, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)).AddTicks(1_234_567);
        Assert.Contains("\"startTime\":\"2026-01-02T03:04:05Z\"", Write(new Widget { Status = new() { StartTime = time } }));
        Assert.Contains("\"renewTime\":\"2026-01-02T03:04:05.123456Z\"",
            Write(new V1Lease { Spec = new() { RenewTime = MicroTime.Of(time) } }));
        Assert.Contains("\"lastTransitionTime\":\"2026-01-02T03:04:05Z\"", Write(new V1Node
        {
            Status = new() { Conditions = [new() { LastTransitionTime = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc) }] },
        }));
    }

    [Fact]
    public void A_micro_time_of_a_whole_second_has_six_digits_too() =>
        Assert.Contains(
            "\"renewTime\":\"2026-01-02T03:04:05.000001Z\"",
            Write(new V1Lease { Spec = new() { RenewTime = MicroTime.Of(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)) } }));

    [Fact]
    public void Times_of_any_fraction_and_offset_are_read() => Assert.Equal(
        new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(1_234_567),
        Read<V1Lease>("""{"spec":{"renewTime":"2026-01-02T05:04:05.1234567+02:00"}}""").Spec.RenewTime);

    [Fact]
    public void Fields_of_a_lease_that_others_own_are_kept()
    {
        var lease = Read<V1Lease>("""{"metadata":{"name":"a"},"spec":{"holderIdentity":"b","strategy":"OldestEmulationVersion","preferredHolder":"c"}}""");

        var written = ApplyBody.Whole(lease with { Spec = lease.Spec with { HolderIdentity = "d" } }, TestJson.Resources).ToJsonString();

        Assert.Contains("\"holderIdentity\":\"d\"", written);
        Assert.Contains("\"strategy\":\"OldestEmulationVersion\"", written);
        Assert.Contains("\"preferredHolder\":\"c\"", written);
    }

    [Fact]
    public void Apply_of_a_specification_sends_what_its_manager_owns_and_nothing_else()
    {
        var read = new Widget
        {
            Metadata = new()
            {
                Name = "node1", NamespaceProperty = "netprofiler", Uid = "u", ResourceVersion = "7", Generation = 3,
                CreationTimestamp = DateTime.UnixEpoch, Finalizers = ["x/y"], Labels = new Dictionary<string, string>(),
                OwnerReferences = [new() { ApiVersion = "v1", Kind = "Node", Name = "node1", Uid = "n" }],
            },
            Spec = new() { Size = 20 },
            Status = new() { ObservedGeneration = 3 },
        };

        Assert.Equal(
            """{"apiVersion":"example.dev/v1alpha1","kind":"Widget","metadata":{"name":"node1","namespace":"netprofiler","uid":"u","ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"node1","uid":"n"}]},"spec":{"size":20,"color":"Red"}}""",
            ApplyBody.OfSpec(read, TestJson.Resources).ToJsonString());
    }

    [Fact]
    public void Apply_of_a_status_sends_no_labels_and_no_specification()
    {
        var widget = new Widget
        {
            Metadata = new() { Name = "a", NamespaceProperty = "shop", Labels = new Dictionary<string, string> { ["app"] = "cart" } },
            Status = new() { ObservedGeneration = 2 },
        };

        Assert.Equal(
            """{"apiVersion":"example.dev/v1alpha1","kind":"Widget","metadata":{"name":"a","namespace":"shop"},"status":{"observedGeneration":2}}""",
            ApplyBody.OfStatus(widget, TestJson.Resources).ToJsonString());
    }

    [Fact]
    public void What_is_computed_is_not_written() => Assert.DoesNotContain("isLarge", Write(new Widget { Spec = new() { Size = 1000 } }));

    private static T Read<T>(string json) => JsonSerializer.Deserialize(json, TestJson.Resources.Of<T>())!;

    private static string Write<T>(T value) => JsonSerializer.Serialize(value, TestJson.Resources.Of<T>());
}
