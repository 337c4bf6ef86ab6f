namespace NetProfiler.Analysis.Events;

/// <summary>
/// The container that a process runs in, as a cluster knows it. One object per container: compared by reference on the hot path.
/// </summary>
/// <param name="Id">Of the runtime, without its scheme: 64 hex digits.</param>
/// <param name="Workload">What owns the pod, as <c>Deployment/cart</c>; null: the pod belongs to nobody.</param>
public sealed record ContainerIdentity(string Id, string Namespace, string PodName, string Name, string? Workload);
