namespace NetProfiler.Kubernetes.Configuration;

/// <summary>The configuration for the API server cannot be used; the message states the fault and its location.</summary>
public sealed class KubernetesConfigurationException(string message, Exception? innerException = null) : Exception(message, innerException);
