namespace NetProfiler.Analysis.Events;

/// <summary>
/// The container in which a process runs, as Kubernetes identifies it. One object per container: compared by reference on the hot path.
/// </summary>
/// <param name="Id">Container id of the runtime, without its scheme: 64 hex digits.</param>
/// <param name="Workload">Owner of the pod, such as <c>Deployment/cart</c>. Null if the pod has no owner.</param>
public sealed record ContainerIdentity(string Id, string Namespace, string PodName, string Name, string? Workload);
