namespace NetProfiler.Kubernetes.LeaderElection;

/// <summary>This process led and cannot any more. It must end at once: another one may lead already.</summary>
public sealed class LeadershipLostException(string message, Exception? innerException = null) : Exception(message, innerException);
