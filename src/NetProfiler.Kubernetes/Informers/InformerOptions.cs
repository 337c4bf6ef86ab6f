using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>Which objects an informer keeps, and by what they are found.</summary>
public sealed record InformerOptions<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Null: all.</summary>
    public string? Namespace { get; init; }

    public string? LabelSelector { get; init; }

    public string? FieldSelector { get; init; }

    /// <summary>By the index's name: the keys under which an object is found. Each is called once for each version of an object.</summary>
    public IReadOnlyDictionary<string, Func<TEntity, IEnumerable<string>>> Indexes { get; init; } =
        new Dictionary<string, Func<TEntity, IEnumerable<string>>>();

    /// <summary>What is kept of an object; drops what is never read before it is stored.</summary>
    public Func<TEntity, TEntity>? Transform { get; init; }

    /// <summary>After the first failure; client-go's.</summary>
    internal TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(800);
}
