using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// A client of the API server. Every call throws <see cref="k8s.Autorest.HttpOperationException"/> if the server refused, and
/// <see cref="HttpRequestException"/>, <see cref="IOException"/>, <see cref="TimeoutException"/> or
/// <see cref="Configuration.KubernetesConfigurationException"/> if it could not be reached.
/// </summary>
public interface IKubernetesClient
{
    /// <summary>
    /// The library's own operations, over the same connections, limits and credentials: for requests without a stored object, such as
    /// reviews.
    /// </summary>
    k8s.IKubernetes ApiClient { get; }

    /// <summary>Null if there is no object with this name.</summary>
    Task<TEntity?> GetAsync<TEntity>(string name, string? @namespace = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Lists all objects, in pages.</summary>
    Task<EntityList<TEntity>> ListAsync<TEntity>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// Watches changes after <paramref name="resourceVersion"/>. Ends when the server ends it, or when <paramref name="timeout"/> has
    /// passed; for an expired version, throws an exception with <c>IsGone</c> (<see cref="ApiErrors"/>).
    /// </summary>
    IAsyncEnumerable<WatchEvent<TEntity>> WatchAsync<TEntity>(
        ListOptions options, string resourceVersion, TimeSpan timeout, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    Task<TEntity> CreateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Replaces the object. Its resource version, if set, is a precondition.</summary>
    Task<TEntity> UpdateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Applies a JSON merge patch (RFC 7386).</summary>
    Task<TEntity> PatchAsync<TEntity>(
        string name, string? @namespace, JsonObject mergePatch, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// Server-side apply, by force, of exactly: name, namespace, labels, annotations, owners and the specification. Fields that
    /// <paramref name="fieldManager"/> applied before and that are missing now are removed. A uid restricts the apply to that very object,
    /// with <c>IsConflict</c> (<see cref="ApiErrors"/>) otherwise; without a uid, a missing object is created.
    /// </summary>
    Task<TEntity> ApplyAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Same as <c>ApplyAsync</c> for the status only, of an existing object.</summary>
    Task<TEntity> ApplyStatusAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>True if the object is being deleted. False if there was none with this name.</summary>
    /// <param name="uid">If set, only that very object is deleted; <c>IsConflict</c> (<see cref="ApiErrors"/>) otherwise.</param>
    /// <param name="resourceVersion">If set, the object is deleted only in that state.</param>
    Task<bool> DeleteAsync<TEntity>(
        string name, string? @namespace = null, string? uid = null, string? resourceVersion = null,
        CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;
}
