namespace NetProfiler.Kubernetes.LeaderElection;

/// <summary>This process has lost its leadership. It must end at once, because another process may lead already.</summary>
public sealed class LeadershipLostException(string message, Exception? innerException = null) : Exception(message, innerException);
