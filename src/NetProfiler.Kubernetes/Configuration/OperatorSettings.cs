namespace NetProfiler.Kubernetes.Configuration;

/// <summary>The identity of an operator in its events.</summary>
public sealed record OperatorSettings
{
    /// <summary>A qualified name, such as <c>netprofiler.dev/operator</c>.</summary>
    public string Name { get; set; } = "operator";

    /// <summary>The instance: the pod's name.</summary>
    public string Instance { get; set; } = Environment.MachineName;
}
