using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Of a workload which pods are its own.</summary>
public sealed record V1WorkloadSpec
{
    /// <summary>Null: it cannot be told by labels.</summary>
    public V1LabelSelector? Selector { get; set; }
}

public sealed record V1Deployment : IKubernetesEntity<V1Deployment>
{
    public static EntityMetadata<V1Deployment> EntityMetadata { get; } =
        new("apps", "v1", "Deployment", "deployments", Namespaced: true, KubernetesJson.Default.V1Deployment);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1WorkloadSpec Spec { get; set; } = new();
}

public sealed record V1StatefulSet : IKubernetesEntity<V1StatefulSet>
{
    public static EntityMetadata<V1StatefulSet> EntityMetadata { get; } =
        new("apps", "v1", "StatefulSet", "statefulsets", Namespaced: true, KubernetesJson.Default.V1StatefulSet);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1WorkloadSpec Spec { get; set; } = new();
}

public sealed record V1DaemonSet : IKubernetesEntity<V1DaemonSet>
{
    public static EntityMetadata<V1DaemonSet> EntityMetadata { get; } =
        new("apps", "v1", "DaemonSet", "daemonsets", Namespaced: true, KubernetesJson.Default.V1DaemonSet);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1WorkloadSpec Spec { get; set; } = new();
}

public sealed record V1ReplicaSet : IKubernetesEntity<V1ReplicaSet>
{
    public static EntityMetadata<V1ReplicaSet> EntityMetadata { get; } =
        new("apps", "v1", "ReplicaSet", "replicasets", Namespaced: true, KubernetesJson.Default.V1ReplicaSet);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1WorkloadSpec Spec { get; set; } = new();
}

public sealed record V1Job : IKubernetesEntity<V1Job>
{
    public static EntityMetadata<V1Job> EntityMetadata { get; } =
        new("batch", "v1", "Job", "jobs", Namespaced: true, KubernetesJson.Default.V1Job);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1WorkloadSpec Spec { get; set; } = new();
}

/// <summary>Has no selector: its pods belong to the jobs that name it as their owner.</summary>
public sealed record V1CronJob : IKubernetesEntity<V1CronJob>
{
    public static EntityMetadata<V1CronJob> EntityMetadata { get; } =
        new("batch", "v1", "CronJob", "cronjobs", Namespaced: true, KubernetesJson.Default.V1CronJob);

    public V1ObjectMeta Metadata { get; set; } = new();
}
