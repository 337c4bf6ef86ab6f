using System.Net;
using Microsoft.Extensions.Logging;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>Where the API server is, how it proves itself, and who asks.</summary>
public sealed class KubernetesClientConfiguration
{
    /// <summary>May have a path: what comes before <c>/api</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>The namespace of whoever names none.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Requests go through it; null: straight to the server, whatever the environment says.</summary>
    public IWebProxy? Proxy { get; init; }

    public bool DisableCompression { get; init; }

    internal ClusterTrust Trust { get; init; } = new();

    internal ICredentialSource Credentials { get; init; } = FixedCredential.Anonymous;

    /// <summary>Fields that ask the server to treat the request as somebody else's.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Impersonation { get; init; } = [];

    /// <summary>Ends with a slash, so that paths are below it.</summary>
    internal Uri BaseAddress => Server.AbsoluteUri.EndsWith('/') ? Server : new Uri(Server.AbsoluteUri + "/");

    /// <summary>
    /// A path that was given; else <c>KUBECONFIG</c>; else the pod's own account, where this is a pod; else <c>~/.kube/config</c>.
    /// </summary>
    /// <exception cref="KubernetesConfigurationException">Nothing of it is there, or it cannot be read.</exception>
    public static KubernetesClientConfiguration BuildDefaultConfig(
        string? kubeconfigPath = null, string? context = null, ILoggerFactory? loggers = null) =>
        BuildDefaultConfig(kubeconfigPath, context, Sources(loggers));

    /// <summary>The identity that the kubelet gave this pod.</summary>
    public static KubernetesClientConfiguration InClusterConfig(ILoggerFactory? loggers = null) => InCluster.Read(Sources(loggers));

    internal static KubernetesClientConfiguration BuildDefaultConfig(string? kubeconfigPath, string? context, ConfigurationSources sources)
    {
        if (kubeconfigPath is not null) return Kubeconfig.Load([kubeconfigPath], mustExist: true).Select(context, sources);

        if (sources.NonEmptyVariable("KUBECONFIG") is { } list)
            return Kubeconfig.Load(list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), mustExist: false).Select(context, sources);

        if (InCluster.IsPod(sources)) return InCluster.Read(sources);

        var home = Path.Combine(sources.HomeFolder, ".kube", "config");
        if (File.Exists(home)) return Kubeconfig.Load([home], mustExist: true).Select(context, sources);

        throw new KubernetesConfigurationException(
            $"no cluster is known: KUBECONFIG is not set, this is no pod of a cluster, and {home} does not exist; give the path of a kubeconfig");
    }

    private static ConfigurationSources Sources(ILoggerFactory? loggers) =>
        loggers is null ? new() : new() { Logger = loggers.CreateLogger("NetProfiler.Kubernetes.Configuration") };
}
