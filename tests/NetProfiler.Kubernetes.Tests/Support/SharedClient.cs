using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>One of several ways to the same server, which can be cut alone.</summary>
internal sealed class SharedClient(IKubernetesClient server) : IKubernetesClient
{
    public IKubernetes ApiClient => throw new NotSupportedException();

    public Func<string, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    public async Task<T?> GetAsync<T>(string name, string? @namespace = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await Before("get", cancellationToken);
        return await server.GetAsync<T>(name, @namespace, cancellationToken);
    }

    public async Task<T> CreateAsync<T>(T entity, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await Before("create", cancellationToken);
        return await server.CreateAsync(entity, cancellationToken);
    }

    public async Task<T> UpdateAsync<T>(T entity, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await Before("update", cancellationToken);
        return await server.UpdateAsync(entity, cancellationToken);
    }

    public Task<EntityList<T>> ListAsync<T>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ListOptions options, string resourceVersion, TimeSpan timeout, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<T> PatchAsync<T>(string name, string? @namespace, JsonObject mergePatch, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<T> ApplyAsync<T>(T entity, string fieldManager, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<T> ApplyStatusAsync<T>(T entity, string fieldManager, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<bool> DeleteAsync<T>(
        string name, string? @namespace = null, string? uid = null, string? resourceVersion = null,
        CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();
}
