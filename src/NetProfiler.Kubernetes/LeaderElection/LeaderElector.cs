using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Kubernetes.LeaderElection;

/// <summary>Leads while it holds a lease.</summary>
public sealed class LeaderElector
{
    /// <param name="client">Its own, so that a renewal never waits behind lists.</param>
    public LeaderElector(
        IKubernetesClient client, LeaderElectionOptions options, MetricsRegistry metrics, TimeProvider time, ILoggerFactory loggers) =>
        throw new NotImplementedException();

    public bool IsLeader => throw new NotImplementedException();

    /// <summary>False: it leads, and neither renewed nor noticed that it did not: it hangs.</summary>
    public bool IsHealthy => throw new NotImplementedException();

    /// <summary>Who leads, as far as is known; empty: nobody.</summary>
    public string Leader => throw new NotImplementedException();

    /// <summary>
    /// Waits for the lease, then leads until cancelled: cancels <paramref name="lead"/>, waits for its end, gives the lease back.
    /// </summary>
    /// <exception cref="LeadershipLostException">The lease could not be renewed in time. <paramref name="lead"/> is cancelled, not awaited.</exception>
    public Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken) => throw new NotImplementedException();
}
