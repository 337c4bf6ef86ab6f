using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// The address of a watch. The library's own watches do not support bookmarks, and end without an error when the server reports one.
/// </summary>
internal static class WatchAddress
{
    public static Uri Of<TEntity>(Uri server, ListOptions options, string resourceVersion, TimeSpan timeout)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var (group, version, _, plural) = EntityMetadata.Of<TEntity>();
        var root = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
        var collection = options.Namespace is null ? plural : $"namespaces/{options.Namespace}/{plural}";
        var selectors = Parameter("labelSelector", options.LabelSelector) + Parameter("fieldSelector", options.FieldSelector);
        return new Uri(server, $"{root}/{collection}?watch=true&allowWatchBookmarks=true{selectors}"
            + Parameter("resourceVersion", resourceVersion) + Parameter("timeoutSeconds", $"{(int)timeout.TotalSeconds}"));
    }

    private static string Parameter(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}
