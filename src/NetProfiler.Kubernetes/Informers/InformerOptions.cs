using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>The objects that an informer caches, and their indexes.</summary>
public sealed record InformerOptions<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Null for all namespaces.</summary>
    public string? Namespace { get; init; }

    public string? LabelSelector { get; init; }

    public string? FieldSelector { get; init; }

    /// <summary>
    /// By the name of the index: the function that returns the keys of an object. Each is called once per version of an object.
    /// </summary>
    public IReadOnlyDictionary<string, Func<TEntity, IEnumerable<string>>> Indexes { get; init; } =
        new Dictionary<string, Func<TEntity, IEnumerable<string>>>();

    /// <summary>Removes fields that are never used before the object is stored.</summary>
    public Func<TEntity, TEntity>? Transform { get; init; }

    internal ListOptions Which => new() { Namespace = Namespace, LabelSelector = LabelSelector, FieldSelector = FieldSelector };

    /// <summary>Delay after the first failure; same as client-go.</summary>
    internal TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(800);
}
