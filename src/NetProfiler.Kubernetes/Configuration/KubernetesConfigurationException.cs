namespace NetProfiler.Kubernetes.Configuration;

/// <summary>The way to the API server cannot be told; says what is wrong, and where.</summary>
public sealed class KubernetesConfigurationException(string message, Exception? innerException = null) : Exception(message, innerException);
