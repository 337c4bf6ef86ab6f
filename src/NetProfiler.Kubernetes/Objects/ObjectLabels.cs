using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Labels that are never null: the library's model has null if the server sent none.</summary>
public static class ObjectLabels
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    extension(V1ObjectMeta metadata)
    {
        public IReadOnlyDictionary<string, string> LabelsOrNone => metadata.Labels switch
        {
            null => None,
            IReadOnlyDictionary<string, string> labels => labels,
            var labels => labels.AsReadOnly(),
        };
    }
}
