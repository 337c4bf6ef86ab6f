using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

public static class ObjectIdentity
{
    extension(V1ObjectMeta metadata)
    {
        /// <summary>
        /// Which object it is and who owns it, without labels, annotations and the rest: what caches of owners and addresses keep.
        /// </summary>
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
