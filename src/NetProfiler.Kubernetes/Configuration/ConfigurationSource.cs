using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.KubeConfigModels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>
/// Finds the configuration for the cluster on this machine. The library prefers <c>~/.kube/config</c> to the pod's service account, and
/// uses <c>http://localhost:8080</c> if it finds nothing; this uses kubectl's order, and reports where it searched.
/// </summary>
public sealed record ConfigurationSource
{
    private const string HostVariable = "KUBERNETES_SERVICE_HOST";
    private const string PortVariable = "KUBERNETES_SERVICE_PORT";

    internal Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    internal string HomeFolder { get; init; } = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>The folder of a pod's credentials, provided by the kubelet.</summary>
    internal string ServiceAccountFolder { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    internal TimeProvider Time { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;

    private bool IsPod =>
        NonEmpty(HostVariable) is not null && NonEmpty(PortVariable) is not null
            && File.Exists(Path.Combine(ServiceAccountFolder, "token"));

    /// <summary>
    /// Loads, in this order: the given path; <c>KUBECONFIG</c>; the pod's service account, if this is a pod; <c>~/.kube/config</c>.
    /// </summary>
    /// <param name="context">Null for the current context of the kubeconfig.</param>
    /// <exception cref="KubernetesConfigurationException">None of them exists, or the one found cannot be read or used.</exception>
    public ClusterAccess Load(string? kubeconfigPath = null, string? context = null)
    {
        if (kubeconfigPath is not null) return OfFiles([kubeconfigPath], context);

        if (NonEmpty("KUBECONFIG") is { } list)
            return OfFiles([.. list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(File.Exists)], context);

        if (IsPod) return OfPod();

        var home = Path.Combine(HomeFolder, ".kube", "config");
        if (File.Exists(home)) return OfFiles([home], context);

        throw new KubernetesConfigurationException(
            $"no cluster is known: KUBECONFIG is not set, this is no pod of a cluster, and {home} does not exist; give the path of a "
                + "kubeconfig");
    }

    private ClusterAccess OfFiles(IReadOnlyList<string> files, string? context)
    {
        // Refuse what the library would ignore; then the library reads the same files.
        var chosen = KubeconfigChoice.Of(files, context);
        try
        {
            chosen.Trust.Check();
            var configuration = Build([.. files.Select(file => KubernetesClientConfiguration.LoadKubeConfig(file))], chosen);
            return new ClusterAccess
            {
                Server = new Uri(configuration.Host) is { Scheme: "http" or "https" } server
                    ? server
                    : throw new KubernetesConfigurationException($"{files[0]}: server '{configuration.Host}' is no http or https address"),
                Namespace = configuration.Namespace ?? "default",
                Trust = chosen.Trust,
                Tokens = TokensOf(configuration),
                ClientCertificate = ClientCertificateOf(configuration),
            };
        }
        catch (Exception exception) when (exception is not KubernetesConfigurationException)
        {
            throw new KubernetesConfigurationException($"{string.Join(", ", files)}: {exception.Message}", exception);
        }
    }

    private static KubernetesClientConfiguration Build(IReadOnlyList<K8SConfiguration> files, KubeconfigChoice chosen)
    {
        var cluster = files.SelectMany(file => file.Clusters ?? []).First(cluster => cluster.Name == chosen.Cluster);
        // ClusterTrust reads them instead
        (cluster.ClusterEndpoint.CertificateAuthority, cluster.ClusterEndpoint.CertificateAuthorityData) = (null, null);
        var context = files.SelectMany(file => file.Contexts ?? []).First(context => context.Name == chosen.Context);
        context.ContextDetails.User = chosen.User;
        return KubernetesClientConfiguration.BuildConfigFromConfigObject(
            new K8SConfiguration
            {
                FileName = chosen.UserFile,
                Contexts = [context],
                Clusters = [cluster],
                Users = [.. files.SelectMany(file => file.Users ?? []).Where(user => user.Name == chosen.User).Take(1)],
            },
            chosen.Context);
    }

    private static X509Certificate2? ClientCertificateOf(KubernetesClientConfiguration configuration)
    {
        var certificate = Pem(configuration.ClientCertificateData, configuration.ClientCertificateFilePath);
        var key = Pem(configuration.ClientCertificateKeyData, configuration.ClientKeyFilePath);
        return certificate is null || key is null ? null : X509Certificate2.CreateFromPem(certificate, key);

        static string? Pem(string? data, string? file) =>
            data is not null ? Encoding.UTF8.GetString(Convert.FromBase64String(data)) : file is not null ? File.ReadAllText(file) : null;
    }

    private TokenSource? TokensOf(KubernetesClientConfiguration configuration) => configuration switch
    {
        { TokenProvider: { } provider } => TokenSource.Of(provider, Time, Logger),
        { AccessToken: { Length: > 0 } token } => TokenSource.Of(new AuthenticationHeaderValue("Bearer", token), Time, Logger),
        { Username: { Length: > 0 } name } =>
            TokenSource.Of(new AuthenticationHeaderValue("Basic", Base64($"{name}:{configuration.Password}")), Time, Logger),
        _ => null,
    };

    // Not with the library, whose folder is fixed: token and authorities are renewed in these files while the pod runs.
    private ClusterAccess OfPod()
    {
        var (host, port) = (Variable(HostVariable)!, Variable(PortVariable)!);
        var bracketed = host.Contains(':') && !host.StartsWith('[') ? $"[{host}]" : host;
        if (!Uri.TryCreate($"https://{bracketed}:{port}", UriKind.Absolute, out var server))
            throw new KubernetesConfigurationException($"{HostVariable}={host} and {PortVariable}={port} are no address");

        var trust = new ClusterTrust { AuthoritiesFile = Path.Combine(ServiceAccountFolder, "ca.crt") };
        trust.Check();
        var @namespace = Path.Combine(ServiceAccountFolder, "namespace");
        return new ClusterAccess
        {
            Server = server,
            Namespace = File.Exists(@namespace) && File.ReadAllText(@namespace).Trim() is { Length: > 0 } name ? name : "default",
            Trust = trust,
            Tokens = TokenSource.OfFile(Path.Combine(ServiceAccountFolder, "token"), Time, Logger),
        };
    }

    private string? NonEmpty(string name) => Variable(name) is { Length: > 0 } value ? value : null;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
