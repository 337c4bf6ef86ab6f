namespace NetProfiler.Kubernetes.Configuration;

/// <summary>Who an operator is, in its events.</summary>
public sealed record OperatorSettings
{
    /// <summary>Qualified: <c>netprofiler.dev/operator</c>.</summary>
    public string Name { get; set; } = "operator";

    /// <summary>This process: the pod's name.</summary>
    public string Instance { get; set; } = Environment.MachineName;
}
