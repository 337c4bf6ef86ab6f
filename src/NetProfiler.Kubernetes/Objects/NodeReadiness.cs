using k8s.Models;

namespace NetProfiler.Kubernetes.Objects;

public static class NodeReadiness
{
    extension(V1Node node)
    {
        /// <summary>As reported by the kubelet, or by the control plane if it does not hear from the kubelet.</summary>
        public bool IsReady => node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
    }
}
