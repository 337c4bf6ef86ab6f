using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// Builds the body of a write: only the fields that the sender owns. The library's models would also send fields such as the generation.
/// </summary>
internal static class ApplyBody
{
    private static readonly string[] SpecMetadata = ["name", "namespace", "uid", "labels", "annotations", "ownerReferences"];

    // With a resource version, only the state that the status was computed from is overwritten; without one, any state.
    private static readonly string[] StatusMetadata = ["name", "namespace", "uid", "resourceVersion"];

    /// <summary>The body of a server-side apply of the specification.</summary>
    public static JsonObject OfSpec<TEntity>(TEntity entity, ResourceJson json)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => Build(entity, json, SpecMetadata, "spec");

    /// <summary>The body of a server-side apply of the status.</summary>
    public static JsonObject OfStatus<TEntity>(TEntity entity, ResourceJson json)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> => Build(entity, json, StatusMetadata, "status");

    /// <summary>The body with the whole object.</summary>
    public static JsonObject Whole<TEntity>(TEntity entity, ResourceJson json)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var body = TypedBody<TEntity>();
        foreach (var (name, value) in Tree(entity, json)) body[name] = value?.DeepClone();
        return body;
    }

    private static JsonObject Build<TEntity>(TEntity entity, ResourceJson json, string[] metadataFields, string part)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var tree = Tree(entity, json);
        var metadata = new JsonObject();
        foreach (var field in metadataFields)
        {
            // An empty map would be owned by its sender.
            if (tree["metadata"]![field] is { } value && value is not JsonObject { Count: 0 }) metadata[field] = value.DeepClone();
        }
        var body = TypedBody<TEntity>();
        body["metadata"] = metadata;
        if (tree[part] is { } content) body[part] = content.DeepClone();
        return body;
    }

    private static JsonObject TypedBody<TEntity>()
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var type = EntityMetadata.Of<TEntity>();
        return new() { ["apiVersion"] = type.ApiVersion, ["kind"] = type.Kind };
    }

    private static JsonObject Tree<TEntity>(TEntity entity, ResourceJson json)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var tree = JsonSerializer.SerializeToNode(entity, json.Of<TEntity>())!.AsObject();
        foreach (var field in new[] { "apiVersion", "kind" }) tree.Remove(field); // an unset value is that of the type
        return tree;
    }
}
