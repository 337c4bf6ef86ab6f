using System.CommandLine;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Configuration;

namespace NetProfiler.Cli;

/// <summary>The flags that say which cluster, and who asks.</summary>
public sealed class ClusterFlags
{
    private readonly Option<string?> _kubeconfig = new("--kubeconfig")
    {
        Description = "Path of the kubeconfig. Default: KUBECONFIG, the service account of the pod, or ~/.kube/config.", HelpName = "FILE",
    };

    private readonly Option<string?> _context = new("--context") { Description = "Context in the kubeconfig. Default: the current context.",
        HelpName = "NAME" };

    public void AddTo(Command command)
    {
        command.Add(_kubeconfig);
        command.Add(_context);
    }

    public ClusterChoice Read(ParseResult parsed) => new(parsed.GetValue(_kubeconfig), parsed.GetValue(_context));
}

/// <summary>What the flags say. Null: the default.</summary>
public sealed record ClusterChoice(string? Kubeconfig = null, string? Context = null)
{
    /// <exception cref="KubernetesConfigurationException">There is no such cluster.</exception>
    public ClusterAccess Load(ILoggerFactory loggers) =>
        new ConfigurationSource { Logger = loggers.CreateLogger("NetProfiler.Kubernetes.Configuration") }.Load(Kubeconfig, Context);
}
