using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Configuration;
using Prometheus;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// Sends requests to the API server over HTTP/2, with the library's operations on custom objects, which work for every kind.
/// </summary>
public sealed class KubernetesClient : IKubernetesClient, IDisposable
{
    /// <summary>
    /// Number of objects per page. A page is held as bytes while it is parsed, so larger pages need more memory, without a benefit.
    /// </summary>
    internal const int PageSize = 100;

    /// <summary>The server ends a watch at its timeout; if it has not ended this long afterwards, its connection is dead.</summary>
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    private readonly k8s.Kubernetes _api;
    private readonly ResourceJson _json;
    private readonly UnreadableObjects _unreadable;
    private readonly TimeProvider _time;

    public KubernetesClient(
        ClusterAccess access, ResourceJson json, KubernetesClientOptions options, CollectorRegistry metrics, TimeProvider time,
        ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger("NetProfiler.Kubernetes.Client");
        var apiMetrics = new ApiMetrics(metrics, access.Server.Authority);
        var configuration = new KubernetesClientConfiguration
        {
            Host = access.Server.AbsoluteUri,
            UserAgent = $"{options.UserAgent} (linux/{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()})",
            HttpClientTimeout = Timeout.InfiniteTimeSpan, // each attempt has a deadline of its own
        };
        _api = new k8s.Kubernetes(json.ApplyTo(configuration),
            new ApiHandler(new ClusterConnection(access, options, time), options, apiMetrics, time, logger));
        _unreadable = new UnreadableObjects(apiMetrics, logger);
        (_json, _time) = (json, time);
    }

    public IKubernetes ApiClient => _api;

    public async Task<TEntity?> GetAsync<TEntity>(string name, string? @namespace = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var (group, version, _, plural) = EntityMetadata.Of<TEntity>();
        try
        {
            return @namespace is null
                ? await _api.CustomObjects.GetClusterCustomObjectAsync<TEntity>(group, version, plural, name, cancellationToken)
                : await _api.CustomObjects.GetNamespacedCustomObjectAsync<TEntity>(group, version, @namespace, plural, name,
                    cancellationToken);
        }
        catch (HttpOperationException refusal) when (refusal.IsNotFound)
        {
            return null;
        }
    }

    public async Task<EntityList<TEntity>> ListAsync<TEntity>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        options ??= ListOptions.All;
        _json.KnowsListsOf<TEntity>();
        var items = new List<TEntity>();
        var skipped = 0;
        var page = await PageAsync<TEntity>(options, PageSize, null, cancellationToken);
        while (true)
        {
            items.AddRange(page.Items);
            skipped += page.Skipped.Count;
            foreach (var (key, reason) in page.Skipped) _unreadable.Skip(EntityMetadata.Of<TEntity>().Kind, key, reason);
            if (string.IsNullOrEmpty(page.Continue)) return new EntityList<TEntity>(items, page.ResourceVersion, skipped);

            try
            {
                page = await PageAsync<TEntity>(options, PageSize, page.Continue, cancellationToken);
            }
            catch (HttpOperationException refusal) when (refusal.IsGone)
            {
                // Listing took longer than the server keeps the version: list again, in one page.
                items.Clear();
                skipped = 0;
                page = await PageAsync<TEntity>(options, null, null, cancellationToken);
            }
        }
    }

    public async IAsyncEnumerable<WatchEvent<TEntity>> WatchAsync<TEntity>(
        ListOptions options, string resourceVersion, TimeSpan timeout,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        using var request = new HttpRequestMessage(HttpMethod.Get,
            WatchAddress.Of<TEntity>(_api.BaseUri, options, resourceVersion, timeout));
        using var deadline = new CancellationTokenSource(timeout + WatchGrace, _time);
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var response = await _api.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, watch.Token);
        await using var content = await response.Content.ReadAsStreamAsync(watch.Token);
        var frames = WatchFrames.ReadAsync(content, _json.Of<TEntity>(), _unreadable, watch.Token)
            .GetAsyncEnumerator(CancellationToken.None);
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
                throw new TimeoutException($"watch {request.RequestUri!.AbsolutePath}: the server did not end it in time; the "
                    + "connection is dead");
            }
        }
    }

    public Task<TEntity> CreateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var (group, version, _, plural) = EntityMetadata.Of<TEntity>();
        var body = ApplyBody.Whole(entity, _json);
        return entity.Metadata?.NamespaceProperty is { } @namespace
            ? _api.CustomObjects.CreateNamespacedCustomObjectAsync<TEntity>(body, group, version, @namespace, plural,
                cancellationToken: cancellationToken)
            : _api.CustomObjects.CreateClusterCustomObjectAsync<TEntity>(body, group, version, plural,
                cancellationToken: cancellationToken);
    }

    public Task<TEntity> UpdateAsync<TEntity>(TEntity entity, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var (group, version, _, plural) = EntityMetadata.Of<TEntity>();
        var (body, name) = (ApplyBody.Whole(entity, _json), entity.Metadata.Name);
        return entity.Metadata.NamespaceProperty is { } @namespace
            ? _api.CustomObjects.ReplaceNamespacedCustomObjectAsync<TEntity>(
                body, group, version, @namespace, plural, name, cancellationToken: cancellationToken)
            : _api.CustomObjects.ReplaceClusterCustomObjectAsync<TEntity>(body, group, version, plural, name,
                cancellationToken: cancellationToken);
    }

    public Task<TEntity> PatchAsync<TEntity>(
        string name, string? @namespace, JsonObject mergePatch, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> =>
        PatchAsync<TEntity>(new V1Patch(mergePatch.ToJsonString(), V1Patch.PatchType.MergePatch), name, @namespace, null,
            cancellationToken);

    public Task<TEntity> ApplyAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> =>
        PatchAsync<TEntity>(Apply(ApplyBody.OfSpec(entity, _json)), entity.Metadata.Name, entity.Metadata.NamespaceProperty, fieldManager,
            cancellationToken);

    public Task<TEntity> ApplyStatusAsync<TEntity>(TEntity entity, string fieldManager, CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var (group, version, _, plural) = EntityMetadata.Of<TEntity>();
        var (body, name) = (Apply(ApplyBody.OfStatus(entity, _json)), entity.Metadata.Name);
        return entity.Metadata.NamespaceProperty is { } @namespace
            ? _api.CustomObjects.PatchNamespacedCustomObjectStatusAsync<TEntity>(
                body, group, version, @namespace, plural, name, fieldManager: fieldManager, force: true,
                cancellationToken: cancellationToken)
            : _api.CustomObjects.PatchClusterCustomObjectStatusAsync<TEntity>(
                body, group, version, plural, name, fieldManager: fieldManager, force: true, cancellationToken: cancellationToken);
    }

    public async Task<bool> DeleteAsync<TEntity>(
        string name, string? @namespace = null, string? uid = null, string? resourceVersion = null,
        CancellationToken cancellationToken = default)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var (group, version, _, plural) = EntityMetadata.Of<TEntity>();
        var options = new V1DeleteOptions
        {
            ApiVersion = "v1",
            Kind = "DeleteOptions",
            PropagationPolicy = "Background",
            Preconditions = uid is null && resourceVersion is null ? null
                : new V1Preconditions { Uid = uid, ResourceVersion = resourceVersion },
        };
        try
        {
            // The answer is a Status, or the object with its time of deletion; neither is used.
            _ = @namespace is null
                ? await _api.CustomObjects.DeleteClusterCustomObjectAsync<JsonObject>(
                    group, version, plural, name, options, cancellationToken: cancellationToken)
                : await _api.CustomObjects.DeleteNamespacedCustomObjectAsync<JsonObject>(
                    group, version, @namespace, plural, name, options, cancellationToken: cancellationToken);
            return true;
        }
        catch (HttpOperationException refusal) when (refusal.IsNotFound)
        {
            return false;
        }
    }

    public void Dispose() => _api.Dispose();

    private static V1Patch Apply(JsonObject body) => new(body.ToJsonString(), V1Patch.PatchType.ApplyPatch); // JSON is valid YAML

    private Task<TEntity> PatchAsync<TEntity>(
        V1Patch patch, string name, string? @namespace, string? fieldManager, CancellationToken cancellationToken)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var (group, version, _, plural) = EntityMetadata.Of<TEntity>();
        bool? force = fieldManager is null ? null : true;
        return @namespace is null
            ? _api.CustomObjects.PatchClusterCustomObjectAsync<TEntity>(
                patch, group, version, plural, name, fieldManager: fieldManager, force: force, cancellationToken: cancellationToken)
            : _api.CustomObjects.PatchNamespacedCustomObjectAsync<TEntity>(
                patch, group, version, @namespace, plural, name, fieldManager: fieldManager, force: force,
                cancellationToken: cancellationToken);
    }

    private Task<TolerantItems<TEntity>> PageAsync<TEntity>(
        ListOptions options, int? limit, string? @continue, CancellationToken cancellationToken)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var (group, version, _, plural) = EntityMetadata.Of<TEntity>();
        var resourceVersion = @continue is null ? options.ResourceVersion : null;
        return options.Namespace is null
            ? _api.CustomObjects.ListClusterCustomObjectAsync<TolerantItems<TEntity>>(
                group, version, plural, labelSelector: options.LabelSelector, fieldSelector: options.FieldSelector,
                resourceVersion: resourceVersion, limit: limit, continueParameter: @continue, cancellationToken: cancellationToken)
            : _api.CustomObjects.ListNamespacedCustomObjectAsync<TolerantItems<TEntity>>(
                group, version, options.Namespace, plural, labelSelector: options.LabelSelector, fieldSelector: options.FieldSelector,
                resourceVersion: resourceVersion, limit: limit, continueParameter: @continue, cancellationToken: cancellationToken);
    }
}
