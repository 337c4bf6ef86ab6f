using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

public static class ObjectIdentity
{
    extension(V1ObjectMeta metadata)
    {
        /// <summary>The metadata without labels, annotations and the rest: what caches of owners and addresses need.</summary>
        public V1ObjectMeta Identity => new()
        {
            Name = metadata.Name,
            NamespaceProperty = metadata.NamespaceProperty,
            Uid = metadata.Uid,
            ResourceVersion = metadata.ResourceVersion,
            OwnerReferences = metadata.OwnerReferences,
        };
    }
}
