namespace NetProfiler.Kubernetes.Configuration;

/// <summary>A pod's own identity. Token and authorities are renewed in their files while the pod runs.</summary>
internal static class InCluster
{
    private const string HostVariable = "KUBERNETES_SERVICE_HOST";
    private const string PortVariable = "KUBERNETES_SERVICE_PORT";

    public static bool IsPod(ConfigurationSources sources) =>
        sources.NonEmptyVariable(HostVariable) is not null && sources.NonEmptyVariable(PortVariable) is not null
        && File.Exists(Path.Combine(sources.ServiceAccountFolder, "token"));

    public static KubernetesClientConfiguration Read(ConfigurationSources sources)
    {
        if (!IsPod(sources))
        {
            throw new KubernetesConfigurationException(
                $"this is no pod of a cluster: {HostVariable}, {PortVariable} and {sources.ServiceAccountFolder}/token must be there");
        }

        var trust = new ClusterTrust { AuthoritiesFile = Path.Combine(sources.ServiceAccountFolder, "ca.crt") };
        trust.Parse(trust.ReadAuthorities()!);
        return new KubernetesClientConfiguration
        {
            Server = Server(sources.Variable(HostVariable)!, sources.Variable(PortVariable)!),
            Namespace = Namespace(sources.ServiceAccountFolder),
            Trust = trust,
            Credentials = new TokenFile(Path.Combine(sources.ServiceAccountFolder, "token"), null, sources.Time, sources.Logger),
        };
    }

    private static Uri Server(string host, string port)
    {
        var bracketed = host.Contains(':') && !host.StartsWith('[') ? $"[{host}]" : host;
        return Uri.TryCreate($"https://{bracketed}:{port}", UriKind.Absolute, out var server)
            ? server
            : throw new KubernetesConfigurationException($"{HostVariable}={host} and {PortVariable}={port} are no address");
    }

    private static string Namespace(string folder)
    {
        var path = Path.Combine(folder, "namespace");
        return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } name ? name : "default";
    }
}
