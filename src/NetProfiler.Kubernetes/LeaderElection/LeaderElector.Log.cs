using Microsoft.Extensions.Logging;

namespace NetProfiler.Kubernetes.LeaderElection;

public sealed partial class LeaderElector
{
    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Identity} acquired the lease {Namespace}/{Name} and leads")]
        public static partial void Leads(ILogger logger, string identity, string @namespace, string name);

        [LoggerMessage(LogLevel.Information, "Waiting for the lease held by {Leader}")]
        public static partial void Waits(ILogger logger, string leader);

        [LoggerMessage(LogLevel.Debug, "Failed to acquire or renew the lease {Name}; retrying: {Reason}")]
        public static partial void TryFailed(ILogger logger, string name, string reason);

        [LoggerMessage(LogLevel.Information, "Released the lease {Name}")]
        public static partial void Released(ILogger logger, string name);

        [LoggerMessage(LogLevel.Warning, "Failed to release the lease {Name}; other replicas wait until it expires: {Reason}")]
        public static partial void NotReleased(ILogger logger, string name, string reason);
    }
}
