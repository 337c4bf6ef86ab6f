using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Identifies an object among those of its kind.</summary>
/// <param name="Namespace">Null if the kind is not namespaced.</param>
public readonly record struct ObjectKey(string? Namespace, string Name)
{
    public static ObjectKey Of(IKubernetesObject<V1ObjectMeta> value) => new(value.Metadata.NamespaceProperty, value.Metadata.Name);

    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
