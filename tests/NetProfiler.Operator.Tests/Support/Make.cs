using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Operator.Tests.Support;

/// <summary>Objects of a shop.</summary>
internal static class Make
{
    public const string Shop = "shop";

    public static NetworkProfilingTask Task(string name = "cart-slow", int deadlineSeconds = 600, int? ttl = null) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = Shop, Uid = $"uid-of-{name}", Generation = 1 },
        Spec = new()
        {
            Targets = [new() { PodSelector = new() { MatchLabels = new Dictionary<string, string> { ["app"] = "cart" } } }],
            ActiveDeadlineSeconds = deadlineSeconds,
            TtlSecondsAfterFinished = ttl,
            Sampling = new() { TopN = 3, Rules = [new() { Name = "all", When5xx = true }] },
        },
    };

    public static V1Node Node(string name, bool isReady = true, params (string Key, string Value)[] labels) => new()
    {
        Metadata = new() { Name = name, Uid = $"uid-of-{name}", Labels = labels.ToDictionary(label => label.Key, label => label.Value) },
        Status = new() { Conditions = [new() { Type = "Ready", Status = isReady ? "True" : "Unknown" }] },
    };

    public static PodRecord Pod(string name, string? node, string app = "cart", params string[] containers) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = Shop, Uid = $"uid-of-{name}",
            Labels = new Dictionary<string, string> { ["app"] = app } },
        Spec = new() { NodeName = node },
        Status = new()
        {
            Phase = "Running",
            ContainerStatuses = [.. (containers.Length == 0 ? ["app"] : containers)
                .Select(container => Container(container, $"{name}-{container}"))],
        },
    };

    public static PodContainerStatus Container(string name, string id, bool isRunning = true) =>
        new() { Name = name, ContainerId = $"containerd://{id}", State = new() { Running = isRunning ? new() : null } };

    public static V1OwnerReference Owner(string kind, string name, string? uid = null, string apiVersion = "apps/v1") =>
        new() { ApiVersion = apiVersion, Kind = kind, Name = name, Uid = uid ?? $"uid-of-{name}", Controller = true };
}
