using System.Reflection;
using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>The API path of a type's objects, according to its <see cref="KubernetesEntityAttribute"/>.</summary>
/// <param name="Group">Empty for the core group.</param>
public sealed record EntityMetadata(string Group, string Version, string Kind, string Plural)
{
    public string ApiVersion { get; } = Group.Length == 0 ? Version : $"{Group}/{Version}";

    public static EntityMetadata Of<TEntity>()
        where TEntity : IKubernetesObject<V1ObjectMeta> => Known<TEntity>.Metadata;

    private static class Known<TEntity>
    {
        public static readonly EntityMetadata Metadata = typeof(TEntity)
            .GetCustomAttribute<KubernetesEntityAttribute>() is { PluralName.Length: > 0 } entity
            ? new(entity.Group, entity.ApiVersion, entity.Kind, entity.PluralName)
            : throw new InvalidOperationException(
                $"{typeof(TEntity)} has no [KubernetesEntity] with a plural; use the operations of ApiClient");
    }
}
