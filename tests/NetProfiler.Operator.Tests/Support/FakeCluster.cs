using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Operator.Tests.Support;

/// <summary>
/// The API server's rules for what the operator does, and nothing more: uids, versions, generations, preconditions, and specification and
/// status apart. Everything goes through JSON, as it would.
/// </summary>
internal sealed class FakeCluster(TimeProvider time) : IKubernetesClient
{
    public IKubernetes ApiClient => throw new NotSupportedException();

    private readonly Dictionary<(Type, ObjectKey), IKubernetesObject> _objects = [];
    private long _version;

    /// <summary>Calls that write, in their order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Called with the number of each call that writes, before and after it is done; throws what is to go wrong.</summary>
    public Action<int>? BeforeCommit { get; set; }

    public Action<int>? AfterCommit { get; set; }

    public IEnumerable<TEntity> All<TEntity>()
        where TEntity : class, IKubernetesObject<V1ObjectMeta> =>
        _objects.Values.OfType<TEntity>().OrderBy(one => one.Metadata.NamespaceProperty, StringComparer.Ordinal)
            .ThenBy(one => one.Metadata.Name, StringComparer.Ordinal);

    public TEntity? Find<TEntity>(string? @namespace, string name)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> =>
            (TEntity?)_objects.GetValueOrDefault((typeof(TEntity), new(@namespace, name)));

    /// <summary>As somebody else would: not counted, and nothing goes wrong.</summary>
    public TEntity Put<TEntity>(TEntity entity)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var key = ObjectKey.Of(entity);
        var copy = Copy(entity);
        Write(copy, copy.Metadata with
        {
            Uid = copy.Metadata.Uid ?? $"uid-of-{key}",
            Generation = copy.Metadata.Generation ?? 1,
            CreationTimestamp = copy.Metadata.CreationTimestamp ?? time.GetUtcNow().UtcDateTime,
        });
        return copy;
    }

    public void Remove<TEntity>(string? @namespace, string name)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => _objects.Remove((typeof(TEntity), new(@namespace, name)));

    public Task<TEntity> ApplyAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => Call("apply", entity, fieldManager, () =>
        {
            var key = ObjectKey.Of(entity);
            var old = Checked<TEntity>(key, entity.Metadata.Uid, entity.Metadata.ResourceVersion);
            var config = (NodeProfilingConfig)(IKubernetesObject)entity;
            var before = (NodeProfilingConfig?)(IKubernetesObject?)old;
            bool isSame = before is not null && Json(before.Spec) == Json(config.Spec);
            var written = Copy(config with { Status = before?.Status });
            Write(written, before?.Metadata is { } metadata
                ? metadata with { Labels = config.Metadata.Labels, Generation = metadata.Generation + (isSame ? 0 : 1) }
                : config.Metadata with { Uid = $"uid-{++_version}", Generation = 1, CreationTimestamp = time.GetUtcNow().UtcDateTime });
            return (TEntity)(IKubernetesObject)written;
        });

    public Task<TEntity> ApplyStatusAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => Call("status", entity, fieldManager, () =>
        {
            var old = Checked<TEntity>(ObjectKey.Of(entity), entity.Metadata.Uid, entity.Metadata.ResourceVersion)
                ?? throw NotFound(entity.Metadata.Name);
            var task = (NetworkProfilingTask)(IKubernetesObject)old
                with { Status = ((NetworkProfilingTask)(IKubernetesObject)entity).Status };
            var written = Copy(task);
            Write(written, old.Metadata);
            return (TEntity)(IKubernetesObject)written;
        });

    public Task<bool> DeleteAsync<TEntity>(
        string name, string? @namespace = null, string? uid = null, string? resourceVersion = null,
        CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var key = new ObjectKey(@namespace, name);
        return Call("delete", Find<TEntity>(@namespace, name), "", () =>
        {
            if (Checked<TEntity>(key, uid, resourceVersion) is null) return false;
            return _objects.Remove((typeof(TEntity), key));
        });
    }

    public Task<TEntity?> GetAsync<TEntity>(string name, string? @namespace = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException("the operator reads caches");

    public Task<EntityList<TEntity>> ListAsync<TEntity>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException("the operator reads caches");

    public IAsyncEnumerable<WatchEvent<TEntity>> WatchAsync<TEntity>(
        ListOptions options, string resourceVersion, TimeSpan timeout, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException("the operator reads caches");

    public Task<TEntity> CreateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException("the operator applies");

    public Task<TEntity> UpdateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException("the operator applies");

    public Task<TEntity> PatchAsync<TEntity>(
        string name, string? @namespace, JsonObject mergePatch, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException("the operator applies");

    private Task<TResult> Call<TEntity, TResult>(string verb, TEntity? entity, string manager, Func<TResult> commit)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        int number = Calls.Count;
        Calls.Add($"{verb} {EntityMetadata.Of<TEntity>().Plural} {(entity is null ? "" : ObjectKey.Of(entity))} {manager}".TrimEnd());
        BeforeCommit?.Invoke(number);
        var result = commit();
        AfterCommit?.Invoke(number);
        return Task.FromResult(result);
    }

    private TEntity? Checked<TEntity>(ObjectKey key, string? uid, string? version)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var old = Find<TEntity>(key.Namespace, key.Name);
        bool isOther = (uid is not null && uid != old?.Metadata.Uid) || (version is not null && version != old?.Metadata.ResourceVersion);
        return isOther ? throw Refusal(HttpStatusCode.Conflict, "Conflict", $"{key} is another one, or changed") : old;
    }

    private void Write(IKubernetesObject<V1ObjectMeta> entity, V1ObjectMeta metadata)
    {
        var versioned = metadata with { ResourceVersion = $"{++_version}" };
        switch (entity)
        {
            case NetworkProfilingTask task: task.Metadata = versioned; break;
            case NodeProfilingConfig config: config.Metadata = versioned; break;
            case PodRecord pod: pod.Metadata = versioned; break;
            case V1Node node: node.Metadata = versioned; break;
            case V1ReplicaSet set: set.Metadata = versioned; break;
            case V1Job job: job.Metadata = versioned; break;
            default: throw new NotSupportedException(entity.GetType().Name);
        }

        _objects[(entity.GetType(), ObjectKey.Of(entity))] = entity;
    }

    private static TEntity Copy<TEntity>(TEntity entity)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> =>
        JsonSerializer.Deserialize(JsonSerializer.Serialize(entity, TestJson.Resources.Of<TEntity>()), TestJson.Resources.Of<TEntity>())!;

    private static string Json(NodeProfilingConfigSpec spec) => JsonSerializer.Serialize(spec, ApiJson.Default.NodeProfilingConfigSpec);

    private static HttpOperationException NotFound(string name) => Refusal(HttpStatusCode.NotFound, "NotFound", $"{name} not found");

    private static HttpOperationException Refusal(HttpStatusCode code, string reason, string message) =>
        new(message) { Body = new V1Status { Code = (int)code, Reason = reason, Message = message } };
}
