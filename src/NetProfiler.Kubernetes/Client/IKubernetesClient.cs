using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// The API server. Every call throws <see cref="k8s.Autorest.HttpOperationException"/> where the server refused, and
/// <see cref="HttpRequestException"/>, <see cref="IOException"/>, <see cref="TimeoutException"/> or
/// <see cref="Configuration.KubernetesConfigurationException"/> where it could not be asked.
/// </summary>
public interface IKubernetesClient
{
    /// <summary>
    /// The library's own operations, over the same connections, limits and credentials: for what is no object, such as reviews.
    /// </summary>
    k8s.IKubernetes ApiClient { get; }

    /// <summary>Null: there is none of that name.</summary>
    Task<TEntity?> GetAsync<TEntity>(string name, string? @namespace = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>All of them, in pages.</summary>
    Task<EntityList<TEntity>> ListAsync<TEntity>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// What changes after <paramref name="resourceVersion"/>. Ends where the server ends it or when <paramref name="timeout"/> has passed;
    /// an expired version is <c>IsGone</c> (<see cref="ApiErrors"/>).
    /// </summary>
    IAsyncEnumerable<WatchEvent<TEntity>> WatchAsync<TEntity>(
        ListOptions options, string resourceVersion, TimeSpan timeout, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    Task<TEntity> CreateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Replaces the object; its resource version, if any, is a precondition.</summary>
    Task<TEntity> UpdateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>A JSON merge patch (RFC 7386).</summary>
    Task<TEntity> PatchAsync<TEntity>(
        string name, string? @namespace, JsonObject mergePatch, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// Server-side apply, by force, of exactly: name, namespace, labels, annotations, owners and the specification. What
    /// <paramref name="fieldManager"/> applied before and is not in it any more is removed. A uid means "only that very object":
    /// <c>IsConflict</c> (<see cref="ApiErrors"/>) otherwise; without a uid the object is created where it is missing.
    /// </summary>
    Task<TEntity> ApplyAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The same for the status alone, of an object that exists.</summary>
    Task<TEntity> ApplyStatusAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>True: it is being deleted. False: there was none of that name.</summary>
    /// <param name="uid">Not null: only that very object; <c>IsConflict</c> (<see cref="ApiErrors"/>) otherwise.</param>
    /// <param name="resourceVersion">Not null: only in that state.</param>
    Task<bool> DeleteAsync<TEntity>(
        string name, string? @namespace = null, string? uid = null, string? resourceVersion = null,
        CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;
}
