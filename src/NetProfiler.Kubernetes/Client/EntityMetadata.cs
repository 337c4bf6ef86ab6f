using System.Text.Json.Serialization.Metadata;

namespace NetProfiler.Kubernetes.Client;

/// <summary>A resource of the API server, and its type here.</summary>
/// <param name="Group">Empty: the core group.</param>
public sealed record EntityMetadata<TEntity>(
    string Group, string Version, string Kind, string Plural, bool Namespaced, JsonTypeInfo<TEntity> JsonTypeInfo)
{
    public string ApiVersion { get; } = Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Below the server's address, without a leading slash. Null namespace: all of them.</summary>
    internal string Path(string? @namespace, string? name = null, string? subresource = null)
    {
        var root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        var collection = Namespaced && @namespace is not null ? $"{root}/namespaces/{@namespace}/{Plural}" : $"{root}/{Plural}";
        var path = name is null ? collection : $"{collection}/{name}";
        return subresource is null ? path : $"{path}/{subresource}";
    }
}
