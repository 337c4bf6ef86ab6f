using k8s.Models;

namespace NetProfiler.Kubernetes.LeaderElection;

/// <summary>What a lease said, and when this process saw it say so for the first time.</summary>
/// <param name="ObservedAt">Local, monotonic: the lease's own times come from other clocks and are compared for equality only.</param>
internal sealed record LeaseRecord(V1Lease Lease, long ObservedAt)
{
    public string Holder => Lease.Spec.HolderIdentity ?? "";

    /// <summary>The holder's own: a candidate may be configured otherwise.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(Lease.Spec.LeaseDurationSeconds ?? 0);

    /// <summary>Read again: a change is a sign of life, and only that moves the time.</summary>
    public static LeaseRecord Observe(LeaseRecord? last, V1Lease lease, long now) =>
        last is not null && last.Lease.Spec == lease.Spec ? last with { Lease = lease } : new(lease, now);

    public bool IsValid(TimeProvider time) => time.GetElapsedTime(ObservedAt) < Duration;
}
