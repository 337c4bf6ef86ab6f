using k8s.Models;

namespace NetProfiler.Kubernetes.LeaderElection;

/// <summary>A state of the lease, and the time when this process first observed it.</summary>
/// <param name="ObservedAt">Local and monotonic: the times in the lease come from other clocks, and are compared only for equality.</param>
internal sealed record LeaseRecord(V1Lease Lease, long ObservedAt)
{
    public string Holder => Lease.Spec.HolderIdentity ?? "";

    /// <summary>The duration set by the holder, whose configuration may differ from this candidate's.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(Lease.Spec.LeaseDurationSeconds ?? 0);

    /// <summary>Records a new read of the lease: only a change of it is a renewal, and updates the time.</summary>
    public static LeaseRecord Observe(LeaseRecord? last, V1Lease lease, long now) =>
        last is not null && last.Lease.Spec == lease.Spec ? last with { Lease = lease } : new(lease, now);

    public bool IsValid(TimeProvider time) => time.GetElapsedTime(ObservedAt) < Duration;
}
