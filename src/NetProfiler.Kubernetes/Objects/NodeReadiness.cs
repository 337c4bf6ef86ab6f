using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

public static class NodeReadiness
{
    extension(V1Node node)
    {
        /// <summary>As its kubelet reports, or the control plane that misses it.</summary>
        public bool IsReady => node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
    }
}
