using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>
/// The chosen context of a kubeconfig, and the trust settings of its cluster. A field that the library would ignore is refused by its name:
/// a request that bypasses a proxy, or is sent as another user than configured, is worse than none. The library also reads only the first
/// certificate of a bundle, and never reads a file of authorities again.
/// </summary>
/// <param name="User">Null for anonymous requests.</param>
/// <param name="UserFile">The file that the user's paths are relative to.</param>
internal sealed record KubeconfigChoice(string Context, string Cluster, string? User, string UserFile, ClusterTrust Trust)
{
    private static readonly string[] ClusterFields =
        ["server", "certificate-authority", "certificate-authority-data", "tls-server-name", "insecure-skip-tls-verify", "extensions"];

    private static readonly string[] UserFields =
        ["client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "username", "password", "exec",
            "extensions"];

    private static readonly string[] ExecFields = ["command", "args", "env", "apiVersion", "installHint", "interactiveMode"];

    /// <summary>If several files define the same name, the first one applies; names are compared exactly.</summary>
    /// <param name="context">Null for the current context.</param>
    public static KubeconfigChoice Of(IReadOnlyList<string> files, string? context)
    {
        var roots = files.Select(file => (File: file, Root: Parse(file))).ToArray();
        var all = files.Count > 0 ? string.Join(", ", files) : "no kubeconfig that exists";
        var name = context ?? roots.Select(entry => Text(entry.Root, "current-context")).FirstOrDefault(text => text is not null)
            ?? throw new KubernetesConfigurationException($"{all}: current-context is not set");
        var chosen = Find(roots, "contexts", "context", name, all);
        var clusterName = Text(chosen.Node, "cluster") ?? throw Fault(chosen, $"context '{name}' names no cluster");
        var cluster = Find(roots, "clusters", "cluster", clusterName, all);
        Refuse(cluster, ClusterFields);
        if (Text(chosen.Node, "user") is not { } userName) return new(name, clusterName, null, chosen.File, TrustOf(cluster));

        var user = Find(roots, "users", "user", userName, all);
        Refuse(user, UserFields);
        if (Child(user.Node, "exec") is YamlMappingNode exec) CheckPlugin(user with { Node = exec });
        var isAnonymous = user.Node.Children.Values.All(IsEmpty); // the library considers this an error
        return new(name, clusterName, isAnonymous ? null : userName, user.File, TrustOf(cluster));
    }

    private static ClusterTrust TrustOf(Entry cluster)
    {
        var path = Text(cluster.Node, "certificate-authority");
        var data = Text(cluster.Node, "certificate-authority-data");
        var authorities = data is null ? null : new byte[data.Length];
        var length = 0;
        if (data is not null && !Convert.TryFromBase64String(data, authorities, out length))
            throw Fault(cluster, "certificate-authority-data is not base64");

        return new ClusterTrust
        {
            Authorities = data is null ? null : Encoding.UTF8.GetString(authorities!, 0, length),
            AuthoritiesFile = data is null && path is not null
                ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(cluster.File))!, path) : null,
            ServerName = Text(cluster.Node, "tls-server-name"),
            SkipVerification = Text(cluster.Node, "insecure-skip-tls-verify") is { } flag
                && (bool.TryParse(flag, out var skip) ? skip
                    : throw Fault(cluster, $"insecure-skip-tls-verify must be true or false, not '{flag}'")),
        };
    }

    // The library starts a plugin with its arguments as one line, in another directory than the kubeconfig's, and without a terminal.
    private static void CheckPlugin(Entry exec)
    {
        Refuse(exec, ExecFields);
        if (Text(exec.Node, "interactiveMode") == "Always")
            throw Fault(exec, "exec: interactiveMode Always is not supported: nobody can be asked here");
        if (Text(exec.Node, "command") is { } command && command.Contains('/') && !Path.IsPathRooted(command))
            throw Fault(exec, $"exec: command '{command}' is not supported: give a name or a full path");
        if (Child(exec.Node, "args") is YamlSequenceNode args
            && args.OfType<YamlScalarNode>().FirstOrDefault(arg => arg.Value?.Contains(' ') == true) is { } spaced)
            throw Fault(exec, spaced, $"exec: an argument with a space is not supported: '{spaced.Value}'");
    }

    private static void Refuse(Entry entry, string[] supported)
    {
        foreach (var field in entry.Node.Children.Keys.OfType<YamlScalarNode>().Where(field => !supported.Contains(field.Value)))
        {
            if (Text(entry.Node, field.Value!) is "false" || IsEmpty(entry.Node.Children[field])) continue;
            throw Fault(entry, field, $"'{field.Value}' is not supported here; supported are {string.Join(", ", supported)}");
        }
    }

    private static bool IsEmpty(YamlNode node) =>
        node is YamlScalarNode { Value: null or "" or "null" or "~" } or YamlSequenceNode { Children.Count: 0 };

    private static Entry Find(
        IReadOnlyList<(string File, YamlMappingNode Root)> roots, string list, string item, string name, string files)
    {
        var known = new List<string>();
        foreach (var (file, root) in roots)
        {
            foreach (var entry in (Child(root, list) as YamlSequenceNode)?.OfType<YamlMappingNode>() ?? [])
            {
                if (Text(entry, "name") == name) return new(file, Child(entry, item) as YamlMappingNode ?? new YamlMappingNode());
                known.Add(Text(entry, "name") ?? "");
            }
        }
        throw new KubernetesConfigurationException(
            $"{files}: there is no {item} '{name}'; there {(known.Count == 0 ? "is none" : "are: " + string.Join(", ", known))}");
    }

    private static YamlMappingNode Parse(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            var yaml = new YamlStream();
            yaml.Load(reader);
            return yaml.Documents is [{ RootNode: YamlMappingNode root }, ..]
                ? root
                : throw new KubernetesConfigurationException($"{file}: a kubeconfig is a mapping");
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

    private static YamlNode? Child(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(new YamlScalarNode(name), out var child) ? child : null;

    private static string? Text(YamlMappingNode node, string name) =>
        Child(node, name) is YamlScalarNode { Value: not (null or "" or "null" or "~") and var text } ? text : null;

    private static KubernetesConfigurationException Fault(Entry entry, string what) => Fault(entry, entry.Node, what);

    private static KubernetesConfigurationException Fault(Entry entry, YamlNode node, string what) =>
        new($"{entry.File}:{node.Start.Line}: {what}");

    private sealed record Entry(string File, YamlMappingNode Node);
}
