using System.CommandLine;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Configuration;

namespace NetProfiler.Cli;

/// <summary>The options that select the cluster and the credentials.</summary>
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

/// <summary>The values of the options. Null for the default.</summary>
public sealed record ClusterChoice(string? Kubeconfig = null, string? Context = null)
{
    /// <exception cref="KubernetesConfigurationException">The configuration cannot be found or used.</exception>
    public ClusterAccess Load(ILoggerFactory loggers) =>
        new ConfigurationSource { Logger = loggers.CreateLogger("NetProfiler.Kubernetes.Configuration") }.Load(Kubeconfig, Context);
}
