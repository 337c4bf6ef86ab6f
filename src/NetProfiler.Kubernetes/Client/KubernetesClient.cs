using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Asks the API server over HTTP/2.</summary>
public sealed class KubernetesClient : IKubernetesClient, IDisposable
{
    public KubernetesClient(
        KubernetesClientConfiguration configuration, KubernetesClientOptions options, MetricsRegistry metrics, TimeProvider time,
        ILoggerFactory loggers) => throw new NotImplementedException();

    public Task<TEntity?> GetAsync<TEntity>(string name, string? @namespace = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    public Task<EntityList<TEntity>> ListAsync<TEntity>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    public IAsyncEnumerable<WatchEvent<TEntity>> WatchAsync<TEntity>(
        ListOptions options, string resourceVersion, TimeSpan timeout, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    public Task<TEntity> CreateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    public Task<TEntity> UpdateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    public Task<TEntity> PatchAsync<TEntity>(
        string name, string? @namespace, JsonObject mergePatch, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    public Task<TEntity> ApplyAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    public Task<TEntity> ApplyStatusAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    public Task<bool> DeleteAsync<TEntity>(
        string name, string? @namespace = null, string? uid = null, string? resourceVersion = null,
        CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
