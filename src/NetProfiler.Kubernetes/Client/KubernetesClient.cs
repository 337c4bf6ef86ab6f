using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Asks the API server over HTTP/2.</summary>
public sealed class KubernetesClient : IKubernetesClient, IDisposable
{
    private const int PageSize = 500;
    private const string MergePatch = "application/merge-patch+json";
    private const string ApplyPatch = "application/apply-patch+yaml"; // JSON is YAML

    /// <summary>The server ends a watch by itself; who waits longer than that for its end waits for a dead connection.</summary>
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    private readonly KubernetesTransport _transport;
    private readonly UnreadableObjects _unreadable;
    private readonly TimeProvider _time;

    public KubernetesClient(
        KubernetesClientConfiguration configuration, KubernetesClientOptions options, MetricsRegistry metrics, TimeProvider time,
        ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger("NetProfiler.Kubernetes.Client");
        _transport = new KubernetesTransport(configuration, options, metrics, time, logger);
        _unreadable = new UnreadableObjects(_transport.Metrics, logger);
        _time = time;
    }

    public async Task<TEntity?> GetAsync<TEntity>(string name, string? @namespace = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity>
    {
        try
        {
            return await SendAsync<TEntity>(
                new ApiRequest
                {
                    Verb = "get",
                    Method = HttpMethod.Get,
                    Path = TEntity.EntityMetadata.Path(@namespace, name),
                    IsRepeatable = true,
                },
                cancellationToken);
        }
        catch (KubernetesException exception) when (exception.IsNotFound)
        {
            return null;
        }
    }

    public async Task<EntityList<TEntity>> ListAsync<TEntity>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity>
    {
        options ??= ListOptions.All;
        var items = new List<TEntity>();
        var skipped = 0;
        var page = await PageAsync(PageSize, null);
        while (true)
        {
            items.AddRange(page.Items);
            skipped += page.SkippedItems;
            if (string.IsNullOrEmpty(page.Metadata.Continue))
                return new EntityList<TEntity>(items, page.Metadata.ResourceVersion ?? "", skipped);

            try
            {
                page = await PageAsync(PageSize, page.Metadata.Continue);
            }
            catch (KubernetesException exception) when (exception.IsGone)
            {
                // Reading took longer than the server remembers: once more, in one piece.
                items.Clear();
                skipped = 0;
                page = await PageAsync(null, null);
            }
        }

        Task<ListPage<TEntity>> PageAsync(int? limit, string? @continue) => _transport.SendAsync(
            new ApiRequest
            {
                Verb = "list",
                Method = HttpMethod.Get,
                Path = TEntity.EntityMetadata.Path(options.Namespace) + new QueryText
                {
                    ["labelSelector"] = options.LabelSelector,
                    ["fieldSelector"] = options.FieldSelector,
                    ["resourceVersion"] = @continue is null ? options.ResourceVersion : null,
                    ["limit"] = limit?.ToString(),
                    ["continue"] = @continue,
                },
                IsRepeatable = true,
            },
            (content, attempt) => ListPage<TEntity>.ReadAsync(content, _unreadable, attempt),
            cancellationToken);
    }

    public async IAsyncEnumerable<WatchEvent<TEntity>> WatchAsync<TEntity>(
        ListOptions options, string resourceVersion, TimeSpan timeout, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity>
    {
        var request = new ApiRequest
        {
            Verb = "watch",
            Method = HttpMethod.Get,
            Path = TEntity.EntityMetadata.Path(options.Namespace) + new QueryText
            {
                ["watch"] = "true",
                ["allowWatchBookmarks"] = "true",
                ["labelSelector"] = options.LabelSelector,
                ["fieldSelector"] = options.FieldSelector,
                ["resourceVersion"] = resourceVersion,
                ["timeoutSeconds"] = ((int)timeout.TotalSeconds).ToString(),
            },
        };
        using var deadline = new CancellationTokenSource(timeout + WatchGrace, _time);
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var response = await _transport.OpenAsync(request, watch.Token);
        await using var content = await response.Content.ReadAsStreamAsync(watch.Token);
        var frames = WatchFrames.ReadAsync<TEntity>(content, _unreadable, watch.Token).GetAsyncEnumerator(CancellationToken.None);
        await using (frames)
        {
            while (await MoveNextAsync()) yield return frames.Current;
        }

        async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                return await frames.MoveNextAsync();
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"{request}: the server did not end it in time; the connection is dead");
            }
        }
    }

    public Task<TEntity> CreateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => SendAsync<TEntity>(
            new ApiRequest
            {
                Verb = "create",
                Method = HttpMethod.Post,
                Path = TEntity.EntityMetadata.Path(entity.Metadata.Namespace),
                Body = ApplyBody.Whole(entity),
            },
            cancellationToken);

    public Task<TEntity> UpdateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => SendAsync<TEntity>(
            new ApiRequest
            {
                Verb = "update",
                Method = HttpMethod.Put,
                Path = TEntity.EntityMetadata.Path(entity.Metadata.Namespace, entity.Metadata.Name),
                Body = ApplyBody.Whole(entity),
                IsRepeatable = entity.Metadata.ResourceVersion is not null,
            },
            cancellationToken);

    public Task<TEntity> PatchAsync<TEntity>(
        string name, string? @namespace, JsonObject mergePatch, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => SendAsync<TEntity>(
            new ApiRequest
            {
                Verb = "patch",
                Method = HttpMethod.Patch,
                Path = TEntity.EntityMetadata.Path(@namespace, name),
                Body = JsonSerializer.SerializeToUtf8Bytes(mergePatch, NodeJson.Default.JsonObject),
                ContentType = MergePatch,
            },
            cancellationToken);

    public Task<TEntity> ApplyAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> => ApplyAsync(entity, null, ApplyBody.OfSpec(entity), fieldManager, cancellationToken);

    public Task<TEntity> ApplyStatusAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity> =>
        ApplyAsync(entity, "status", ApplyBody.OfStatus(entity), fieldManager, cancellationToken);

    public async Task<bool> DeleteAsync<TEntity>(
        string name, string? @namespace = null, string? uid = null, string? resourceVersion = null,
        CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesEntity<TEntity>
    {
        var options = new V1DeleteOptions
        {
            Preconditions = uid is null && resourceVersion is null ? null : new V1Preconditions { Uid = uid, ResourceVersion = resourceVersion },
        };
        try
        {
            return await _transport.SendAsync(
                new ApiRequest
                {
                    Verb = "delete",
                    Method = HttpMethod.Delete,
                    Path = TEntity.EntityMetadata.Path(@namespace, name),
                    Body = JsonSerializer.SerializeToUtf8Bytes(options, ProtocolJson.Default.V1DeleteOptions),
                    IsRepeatable = options.Preconditions is not null,
                },
                async (content, attempt) =>
                {
                    await content.CopyToAsync(Stream.Null, attempt); // a Status, or the object with its time of deletion
                    return true;
                },
                cancellationToken);
        }
        catch (KubernetesException exception) when (exception.IsNotFound)
        {
            return false;
        }
    }

    public void Dispose() => _transport.Dispose();

    private Task<TEntity> ApplyAsync<TEntity>(
        TEntity entity, string? subresource, byte[] body, string fieldManager, CancellationToken cancellationToken)
        where TEntity : class, IKubernetesEntity<TEntity> => SendAsync<TEntity>(
            new ApiRequest
            {
                Verb = "patch",
                Method = HttpMethod.Patch,
                Path = TEntity.EntityMetadata.Path(entity.Metadata.Namespace, entity.Metadata.Name, subresource)
                    + new QueryText { ["fieldManager"] = fieldManager, ["force"] = "true" },
                Body = body,
                ContentType = ApplyPatch,
                IsRepeatable = true,
            },
            cancellationToken);

    private Task<TEntity> SendAsync<TEntity>(ApiRequest request, CancellationToken cancellationToken)
        where TEntity : class, IKubernetesEntity<TEntity> => _transport.SendAsync(
            request,
            async (content, attempt) =>
                await JsonSerializer.DeserializeAsync(content, TEntity.EntityMetadata.JsonTypeInfo, attempt)
                ?? throw new JsonException($"{request}: the answer is null"),
            cancellationToken);
}
