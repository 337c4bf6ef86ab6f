namespace NetProfiler.Kubernetes.Configuration;

/// <summary>Where the API server is, how it proves itself, and who asks.</summary>
public sealed partial class KubernetesClientConfiguration
{
    /// <summary>May have a path: what comes before <c>/api</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>The namespace of whoever names none.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>
    /// A path that was given; else <c>KUBECONFIG</c>; else the pod's own account, where this is a pod; else <c>~/.kube/config</c>.
    /// </summary>
    /// <exception cref="KubernetesConfigurationException">Nothing of it is there, or it cannot be read.</exception>
    public static KubernetesClientConfiguration BuildDefaultConfig(string? kubeconfigPath = null, string? context = null) =>
        throw new NotImplementedException();

    public static KubernetesClientConfiguration InClusterConfig() => throw new NotImplementedException();
}
