using System.Text.Json;
using NetProfiler.Kubernetes.Objects;

namespace NetProfiler.Kubernetes.Client;

/// <summary>One page of a list.</summary>
internal sealed record ListPage<TEntity>(IReadOnlyList<TEntity> Items, V1ListMeta Metadata, int SkippedItems)
    where TEntity : class, IKubernetesEntity<TEntity>
{
    public static async Task<ListPage<TEntity>> ReadAsync(Stream content, UnreadableObjects unreadable, CancellationToken cancellationToken)
    {
        // Its memory comes from a pool and goes back: a page has some megabytes.
        using var document = await JsonDocument.ParseAsync(content, default, cancellationToken);
        var root = document.RootElement;
        var metadata = root.GetProperty("metadata").Deserialize(KubernetesJson.Default.V1ListMeta) ?? new V1ListMeta();
        var items = new List<TEntity>();
        var skipped = 0;
        if (root.TryGetProperty("items", out var array) && array.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in array.EnumerateArray())
            {
                try
                {
                    var entity = item.Deserialize(TEntity.EntityMetadata.JsonTypeInfo);
                    items.Add(entity is { Metadata.Name.Length: > 0 } ? entity : throw new JsonException("it has no name"));
                }
                catch (JsonException exception)
                {
                    skipped++;
                    unreadable.Skip(TEntity.EntityMetadata.Kind, UnreadableObjects.Identify(item).Key, exception.Message);
                }
            }
        }
        return new ListPage<TEntity>(items, metadata, skipped);
    }
}
