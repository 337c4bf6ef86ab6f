using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>A custom resource as a program of its own would define it.</summary>
[KubernetesEntity(Group = "example.dev", ApiVersion = "v1alpha1", Kind = "Widget", PluralName = "widgets")]
internal sealed record Widget : IKubernetesObject<V1ObjectMeta>, ISpec<WidgetSpec>, IStatus<WidgetStatus?>
{
    public string ApiVersion { get; set; } = "example.dev/v1alpha1";

    public string Kind { get; set; } = "Widget";

    public V1ObjectMeta Metadata { get; set; } = new();

    public WidgetSpec Spec { get; set; } = new();

    public WidgetStatus? Status { get; set; }
}

internal sealed record WidgetSpec
{
    public int Size { get; set; } = 10;

    public WidgetColor Color { get; set; }

    public bool IsLarge => Size > 100;
}

internal enum WidgetColor
{
    Red,
    Blue,
}

internal sealed record WidgetStatus
{
    public long? ObservedGeneration { get; set; }

    public DateTimeOffset? StartTime { get; set; }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(Widget))]
internal sealed partial class WidgetJson : JsonSerializerContext;

internal static class TestJson
{
    public static ResourceJson Resources { get; } = new(WidgetJson.Default);
}
