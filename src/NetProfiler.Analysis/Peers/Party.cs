using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

public enum PartyKind : byte
{
    /// <summary>An address that is not resolved.</summary>
    External,

    /// <summary>A process of this machine.</summary>
    Process,

    /// <summary>A pod that is not owned by a workload.</summary>
    Pod,

    /// <summary>The pods of a workload.</summary>
    Workload,

    Service,
}

/// <summary>One end of a connection.</summary>
/// <param name="Namespace">Null if the kind has none.</param>
/// <param name="Name">An address, the name of a process, pod or service, or a workload as <c>Deployment/cart</c>.</param>
public sealed record Party(PartyKind Kind, string? Namespace, string Name)
{
    /// <summary>The party of a profiled process.</summary>
    public static Party Of(string process, ContainerIdentity? container) => container switch
    {
        null => new(PartyKind.Process, null, process),
        { Workload: { } workload } => new(PartyKind.Workload, container.Namespace, workload),
        _ => new(PartyKind.Pod, container.Namespace, container.PodName),
    };

    /// <summary>The <c>peer</c> label of the metrics: a name, or <c>namespace/name</c>, without the workload's kind.</summary>
    public string Label => Namespace is null ? Name : $"{Namespace}/{Name[(Name.LastIndexOf('/') + 1)..]}";

    /// <summary>The <c>peer_kind</c> label of the metrics.</summary>
    public string KindLabel => Kind switch
    {
        PartyKind.Process => "process",
        PartyKind.Pod or PartyKind.Workload => "pod",
        PartyKind.Service => "service",
        _ => "external",
    };

    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
