using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>Objects in memory, with resource versions; fails where a test says so.</summary>
internal sealed class MemoryClient : IKubernetesClient
{
    public IKubernetes ApiClient => throw new NotSupportedException();

    private readonly Lock _lock = new();
    private readonly Dictionary<(Type, ObjectKey), JsonObject> _objects = [];
    private int _version;

    /// <summary>Called with verb and plural before anything is done; may throw, or wait.</summary>
    public Func<string, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    public List<string> Calls { get; } = [];

    public static HttpOperationException Refusal(int code, string reason) =>
        new(reason) { Body = new V1Status { Status = "Failure", Code = code, Reason = reason, Message = reason } };

    public T? Find<T>(string name, string? @namespace)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_lock)
            return _objects.GetValueOrDefault((typeof(T), new ObjectKey(@namespace, name)))?.Deserialize(TestJson.Resources.Of<T>());
    }

    public IReadOnlyList<T> All<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_lock)
        {
            return [.. _objects.Where(entry => entry.Key.Item1 == typeof(T))
                .Select(entry => entry.Value.Deserialize(TestJson.Resources.Of<T>())!)];
        }
    }

    public async Task<T?> GetAsync<T>(string name, string? @namespace = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await Enter<T>("get", cancellationToken);
        return Find<T>(name, @namespace);
    }

    public async Task<T> CreateAsync<T>(T entity, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await Enter<T>("create", cancellationToken);
        lock (_lock)
        {
            if (_objects.ContainsKey((typeof(T), ObjectKey.Of(entity)))) throw Refusal(409, "AlreadyExists");
            return Store(entity);
        }
    }

    public async Task<T> UpdateAsync<T>(T entity, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await Enter<T>("update", cancellationToken);
        lock (_lock)
        {
            var old = Find<T>(entity.Metadata.Name, entity.Metadata.NamespaceProperty) ?? throw Refusal(404, "NotFound");
            if (entity.Metadata.ResourceVersion is { } version && version != old.Metadata.ResourceVersion) throw Refusal(409, "Conflict");
            return Store(entity);
        }
    }

    public async Task<T> PatchAsync<T>(
        string name, string? @namespace, JsonObject mergePatch, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await Enter<T>("patch", cancellationToken);
        lock (_lock)
        {
            var value = _objects.GetValueOrDefault((typeof(T), new ObjectKey(@namespace, name))) ?? throw Refusal(404, "NotFound");
            foreach (var (field, content) in mergePatch) value[field] = content?.DeepClone(); // flat is enough here
            return Store(value.Deserialize(TestJson.Resources.Of<T>())!);
        }
    }

    public Task<EntityList<T>> ListAsync<T>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => Task.FromResult(new EntityList<T>(All<T>(), _version.ToString()));

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ListOptions options, string resourceVersion, TimeSpan timeout,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }

    public Task<T> ApplyAsync<T>(T entity, string fieldManager, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<T> ApplyStatusAsync<T>(T entity, string fieldManager, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public async Task<bool> DeleteAsync<T>(
        string name, string? @namespace = null, string? uid = null, string? resourceVersion = null,
        CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await Enter<T>("delete", cancellationToken);
        lock (_lock) return _objects.Remove((typeof(T), new ObjectKey(@namespace, name)));
    }

    private async Task Enter<T>(string verb, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var call = $"{verb} {EntityMetadata.Of<T>().Plural}";
        lock (_lock) Calls.Add(call);
        await Before(call, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private T Store<T>(T entity)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var value = JsonSerializer.SerializeToNode(entity, TestJson.Resources.Of<T>())!.AsObject();
        value["metadata"]!["resourceVersion"] = (++_version).ToString();
        _objects[(typeof(T), ObjectKey.Of(entity))] = value;
        return value.Deserialize(TestJson.Resources.Of<T>())!;
    }
}
