using System.Net;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>
/// One or several kubeconfig files as one: of what several define, the first counts. Names are compared as they are written; what is not
/// known here is ignored.
/// </summary>
internal sealed class Kubeconfig
{
    private readonly List<string> _files = [];
    private readonly Dictionary<string, KubeconfigNode> _contexts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeconfigNode> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeconfigNode> _users = new(StringComparer.Ordinal);
    private string? _currentContext;

    /// <param name="mustExist">False: one that is not there is passed over, as in the list of KUBECONFIG.</param>
    public static Kubeconfig Load(IEnumerable<string> files, bool mustExist)
    {
        var config = new Kubeconfig();
        foreach (var file in files)
        {
            if (!mustExist && !File.Exists(file)) continue;
            config.Add(Parse(file));
            config._files.Add(file);
        }
        return config;
    }

    /// <param name="context">Null: the current one.</param>
    public KubernetesClientConfiguration Select(string? context, ConfigurationSources sources)
    {
        var files = _files.Count > 0 ? string.Join(", ", _files) : "no kubeconfig that exists";
        var name = context ?? _currentContext ?? throw new KubernetesConfigurationException($"{files}: current-context is not set");
        var chosen = Find(_contexts, name, "context", files);
        var clusterName = chosen.Text("cluster") ?? throw chosen.Fault($"context '{name}' names no cluster");
        var cluster = Find(_clusters, clusterName, "cluster", files);
        var user = chosen.Text("user") is { } userName ? Find(_users, userName, "user", files) : new KubeconfigNode(chosen.File, null);

        var text = cluster.Text("server") ?? throw cluster.Fault($"cluster '{clusterName}' has no server");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
            throw cluster.Fault($"cluster '{clusterName}': server '{text}' is no http or https address");

        return new KubernetesClientConfiguration
        {
            Server = server,
            Namespace = chosen.Text("namespace") ?? "default",
            DisableCompression = cluster.Flag("disable-compression"),
            Proxy = Proxy(cluster),
            Trust = Trust(cluster),
            Credentials = KubeconfigUser.Credentials(user, cluster, sources),
            Impersonation = KubeconfigUser.Impersonation(user),
        };
    }

    /// <summary>The text of a field <c>NAME-data</c> in base64, or of the file that NAME names.</summary>
    internal static string? DataOrFile(KubeconfigNode node, string name)
    {
        if (Data(node, name) is { } data) return data;
        if (node.PathOf(name) is not { } path) return null;

        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException($"{node.File}: {name}: {exception.Message}", exception);
        }
    }

    private static string? Data(KubeconfigNode node, string name)
    {
        if (node.Text(name + "-data") is not { } base64) return null;

        var data = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, data, out var length)
            ? Encoding.UTF8.GetString(data, 0, length)
            : throw node.Fault($"{name}-data is not base64");
    }

    private static ClusterTrust Trust(KubeconfigNode cluster)
    {
        var data = Data(cluster, "certificate-authority");
        var trust = new ClusterTrust
        {
            Authorities = data,
            AuthoritiesFile = data is null ? cluster.PathOf("certificate-authority") : null,
            ServerName = cluster.Text("tls-server-name"),
            SkipVerification = cluster.Flag("insecure-skip-tls-verify"),
        };
        if (!trust.SkipVerification && trust.ReadAuthorities() is { } authorities) trust.Parse(authorities);
        return trust;
    }

    private static WebProxy? Proxy(KubeconfigNode cluster)
    {
        if (cluster.Text("proxy-url") is not { } text) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" or "socks5"
            ? new WebProxy(proxy)
            : throw cluster.Fault($"proxy-url '{text}' is no http, https or socks5 address");
    }

    private static KubeconfigNode Parse(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            var yaml = new YamlStream();
            yaml.Load(reader);
            return yaml.Documents switch
            {
                [] => new KubeconfigNode(file, null),
                [{ RootNode: YamlMappingNode root }, ..] => new KubeconfigNode(file, root),
                _ => throw new KubernetesConfigurationException($"{file}: a kubeconfig is a mapping"),
            };
        }
        catch (YamlException exception)
        {
            throw new KubernetesConfigurationException($"{file}:{exception.Start.Line}: not YAML: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException($"{file}: {exception.Message}", exception);
        }
    }

    private void Add(KubeconfigNode file)
    {
        _currentContext ??= file.Text("current-context");
        Add(_contexts, file, "contexts", "context");
        Add(_clusters, file, "clusters", "cluster");
        Add(_users, file, "users", "user");
    }

    private static void Add(Dictionary<string, KubeconfigNode> all, KubeconfigNode file, string list, string item)
    {
        foreach (var entry in file.Maps(list))
            all.TryAdd(entry.Text("name") ?? throw entry.Fault($"an entry of {list} has no name"), entry.Map(item));
    }

    private static KubeconfigNode Find(Dictionary<string, KubeconfigNode> all, string name, string kind, string files) =>
        all.TryGetValue(name, out var found)
            ? found
            : throw new KubernetesConfigurationException(
                $"{files}: there is no {kind} '{name}'; there {(all.Count == 0 ? "is none" : "are: " + string.Join(", ", all.Keys))}");
}
