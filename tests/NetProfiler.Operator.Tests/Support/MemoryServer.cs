using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Operator.Loops;

namespace NetProfiler.Operator.Tests.Support;

/// <summary>
/// A server that real informers can list and watch: objects are kept as JSON, and every reader parses its own, as over a network. Writes
/// are limited as the client limits them.
/// </summary>
internal sealed class MemoryServer(int writesPerSecond) : IKubernetesClient
{
    public IKubernetes ApiClient => throw new NotSupportedException();

    private readonly ConcurrentDictionary<Type, object> _kinds = [];
    private readonly Pace _pace = new(writesPerSecond, TimeProvider.System);

    private int _writes;

    /// <summary>Of the operator; events are none.</summary>
    public int Writes => _writes;

    /// <summary>Called with each configuration and each status that is written.</summary>
    public Action<NodeProfilingConfig>? OnConfig { get; set; }

    public Action<NetworkProfilingTask>? OnStatus { get; set; }

    /// <summary>Of the objects that it keeps of a kind.</summary>
    public long BytesOf<TEntity>()
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => KindOf<TEntity>().Bytes;

    public IReadOnlyList<TEntity> All<TEntity>()
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => KindOf<TEntity>().List().Items;

    public TEntity? Find<TEntity>(string? @namespace, string name)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => KindOf<TEntity>().Get(new(@namespace, name));

    /// <summary>As somebody else would.</summary>
    public void Put<TEntity>(TEntity entity)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => KindOf<TEntity>().Set(ObjectKey.Of(entity), _ => entity);

    public void Change<TEntity>(string? @namespace, string name, Func<TEntity, TEntity> change)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => KindOf<TEntity>().Set(new(@namespace, name), old => change(old!));

    public void Remove<TEntity>(string? @namespace, string name)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => KindOf<TEntity>().Remove(new(@namespace, name));

    public Task<EntityList<TEntity>> ListAsync<TEntity>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => Task.FromResult(KindOf<TEntity>().List());

    public IAsyncEnumerable<WatchEvent<TEntity>> WatchAsync<TEntity>(
        ListOptions options, string resourceVersion, TimeSpan timeout, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => KindOf<TEntity>().WatchAsync(resourceVersion, cancellationToken);

    public async Task<TEntity> ApplyAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        await WriteAsync(cancellationToken);
        var config = (NodeProfilingConfig)(IKubernetesObject)entity;
        KindOf<NodeProfilingConfig>().Set(ObjectKey.Of(config), old => config with
        {
            Metadata = config.Metadata with
            {
                Uid = old?.Metadata.Uid ?? Guid.NewGuid().ToString(),
                Generation = (old?.Metadata.Generation ?? 0) + 1,
                CreationTimestamp = old?.Metadata.CreationTimestamp ?? DateTime.UtcNow,
            },
            Status = old?.Status,
        });
        OnConfig?.Invoke(config);
        return entity;
    }

    public async Task<TEntity> ApplyStatusAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        await WriteAsync(cancellationToken);
        var task = (NetworkProfilingTask)(IKubernetesObject)entity;
        KindOf<NetworkProfilingTask>().Set(
            ObjectKey.Of(task),
            old => task.Metadata.ResourceVersion is null || old?.Metadata.ResourceVersion == task.Metadata.ResourceVersion
                ? old! with { Status = task.Status }
                : throw new HttpOperationException("Conflict") { Body = new V1Status { Code = (int)HttpStatusCode.Conflict,
                    Reason = "Conflict" } });
        OnStatus?.Invoke(task);
        return entity;
    }

    public async Task<bool> DeleteAsync<TEntity>(
        string name, string? @namespace = null, string? uid = null, string? resourceVersion = null,
        CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        await WriteAsync(cancellationToken);
        KindOf<TEntity>().Remove(new(@namespace, name));
        return true;
    }

    // Events; nobody reads them.
    public Task<TEntity> CreateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => Task.FromResult(entity);

    public Task<TEntity> PatchAsync<TEntity>(
        string name, string? @namespace, JsonObject mergePatch, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<TEntity> UpdateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<TEntity?> GetAsync<TEntity>(string name, string? @namespace = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => Task.FromResult(KindOf<TEntity>().Get(new(@namespace, name)));

    private async Task WriteAsync(CancellationToken cancellation)
    {
        await _pace.WaitAsync(cancellation);
        Interlocked.Increment(ref _writes);
    }

    private Kind<TEntity> KindOf<TEntity>()
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => (Kind<TEntity>)_kinds.GetOrAdd(typeof(TEntity), _ => new Kind<TEntity>());

    private sealed class Kind<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<ObjectKey, byte[]> _objects = [];
        private readonly List<Channel<(WatchEventType Type, ObjectKey Key, byte[] Json, long Version)>> _watches = [];
        private long _version = 1;

        public long Bytes
        {
            get
            {
                lock (_lock) return _objects.Values.Sum(json => (long)json.Length);
            }
        }

        public EntityList<TEntity> List()
        {
            lock (_lock) return new([.. _objects.Values.Select(Read)], $"{_version}");
        }

        public TEntity? Get(ObjectKey key)
        {
            lock (_lock) return _objects.TryGetValue(key, out var json) ? Read(json) : null;
        }

        public void Set(ObjectKey key, Func<TEntity?, TEntity> change)
        {
            lock (_lock)
            {
                bool isNew = !_objects.TryGetValue(key, out var json);
                var entity = change(json is null ? null : Read(json));
                var node = JsonSerializer.SerializeToNode(entity, TestJson.Resources.Of<TEntity>())!;
                node["metadata"]!["resourceVersion"] = $"{++_version}";
                _objects[key] = JsonSerializer.SerializeToUtf8Bytes(node);
                Tell(isNew ? WatchEventType.Added : WatchEventType.Modified, key);
            }
        }

        public void Remove(ObjectKey key)
        {
            lock (_lock)
            {
                if (!_objects.ContainsKey(key)) return;
                _version++;
                Tell(WatchEventType.Deleted, key);
                _objects.Remove(key);
            }
        }

        public async IAsyncEnumerable<WatchEvent<TEntity>> WatchAsync(string from, [EnumeratorCancellation] CancellationToken cancellation)
        {
            var channel = Channel.CreateUnbounded<(WatchEventType Type, ObjectKey Key, byte[] Json, long Version)>();
            lock (_lock)
            {
                // Nothing is remembered: who comes late lists again.
                if (from != $"{_version}")
                    throw new HttpOperationException("Expired") { Body = new V1Status { Code = (int)HttpStatusCode.Gone,
                        Reason = "Expired" } };
                _watches.Add(channel);
            }

            await foreach (var (type, key, json, version) in channel.Reader.ReadAllAsync(cancellation))
                yield return new(type, Read(json), $"{version}", key);
        }

        private void Tell(WatchEventType type, ObjectKey key)
        {
            foreach (var watch in _watches) watch.Writer.TryWrite((type, key, _objects[key], _version));
        }

        private static TEntity Read(byte[] json) => JsonSerializer.Deserialize(json, TestJson.Resources.Of<TEntity>())!;
    }
}
