using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace NetProfiler.Kubernetes.Client;

/// <summary>What is sent of an object: never more than whoever sends it owns.</summary>
internal static class ApplyBody
{
    private static readonly string[] SpecMetadata = ["name", "namespace", "uid", "labels", "annotations", "ownerReferences"];
    private static readonly string[] StatusMetadata = ["name", "namespace", "uid"];

    /// <summary>For server-side apply of the specification.</summary>
    public static byte[] OfSpec<TEntity>(TEntity entity)
        where TEntity : class, IKubernetesEntity<TEntity> => Build(entity, SpecMetadata, "spec");

    /// <summary>For server-side apply of the status.</summary>
    public static byte[] OfStatus<TEntity>(TEntity entity)
        where TEntity : class, IKubernetesEntity<TEntity> => Build(entity, StatusMetadata, "status");

    /// <summary>The whole object, with the two fields that no typed object carries.</summary>
    public static byte[] Whole<TEntity>(TEntity entity)
        where TEntity : class, IKubernetesEntity<TEntity>
    {
        var body = TypedBody(TEntity.EntityMetadata);
        foreach (var (name, value) in Tree(entity, TEntity.EntityMetadata.JsonTypeInfo)) body[name] = value?.DeepClone();
        return JsonSerializer.SerializeToUtf8Bytes(body, NodeJson.Default.JsonObject);
    }

    private static byte[] Build<TEntity>(TEntity entity, string[] metadataFields, string part)
        where TEntity : class, IKubernetesEntity<TEntity>
    {
        var tree = Tree(entity, TEntity.EntityMetadata.JsonTypeInfo);
        var metadata = new JsonObject();
        foreach (var field in metadataFields)
        {
            // An empty map would be owned by whoever applied it.
            if (tree["metadata"]![field] is { } value && value is not JsonObject { Count: 0 }) metadata[field] = value.DeepClone();
        }
        var body = TypedBody(TEntity.EntityMetadata);
        body["metadata"] = metadata;
        if (tree[part] is { } content) body[part] = content.DeepClone();
        return JsonSerializer.SerializeToUtf8Bytes(body, NodeJson.Default.JsonObject);
    }

    private static JsonObject TypedBody<TEntity>(EntityMetadata<TEntity> type) => new() { ["apiVersion"] = type.ApiVersion, ["kind"] = type.Kind };

    private static JsonObject Tree<TEntity>(TEntity entity, JsonTypeInfo<TEntity> type) => JsonSerializer.SerializeToNode(entity, type)!.AsObject();
}
