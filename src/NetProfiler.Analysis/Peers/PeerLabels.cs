using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>The labels of the local and the remote peer.</summary>
/// <remarks>
/// Pairs with equal labels are the same to metrics, even if the topology distinguishes them: a Deployment and a StatefulSet of the same
/// name.
/// </remarks>
public sealed class PeerLabels : IEquatable<PeerLabels>
{
    private readonly (string Name, string Value)[] _all;
    private readonly int _hashCode; // computed once: every exchange looks up its series by it
    private PeerLabels? _withoutPeer;

    /// <param name="namesPods">Whether the labels include the pod's name.</param>
    public PeerLabels(PeerPair peers, bool namesPods = true)
        : this(peers.Role, peers.Container?.Namespace, peers.Remote.Kind == PartyKind.External,
        [
            .. peers.Container is { } container ? Of(namesPods ? container : WithoutPod(container)) : [],
            ("process", peers.Process),
            ("peer", peers.Remote.Label),
            ("peer_kind", peers.Remote.KindLabel),
        ],
        peers.Container is { } own ? OwnerOf(own, namesPods) : null)
    {
    }

    private PeerLabels(EndpointRole role, string? @namespace, bool isExternal, (string Name, string Value)[] all, string? owner)
    {
        Namespace = @namespace;
        Owner = owner;
        Role = role;
        IsExternal = isExternal;
        _all = all;
        var hash = new HashCode();
        hash.Add(Role);
        foreach (var label in _all) hash.Add(label);
        _hashCode = hash.ToHashCode();
    }

    /// <summary>Role of this side: a label, or part of the family's name.</summary>
    public EndpointRole Role { get; }

    /// <summary>Whether the peer is an address without a name.</summary>
    public bool IsExternal { get; }

    /// <summary>Namespace of the container on this side. Null if the container is absent or unknown.</summary>
    public string? Namespace { get; }

    /// <summary>The owner of the series: <see cref="OwnerOf"/> of the container on this side. Null if absent.</summary>
    public string? Owner { get; }

    /// <summary>The labels of this side, with all external peers folded into one, or all others.</summary>
    public PeerLabels WithoutPeer => _withoutPeer ??= new PeerLabels(Role, Namespace, IsExternal,
        [.. _all[..^2], ("peer", "other"), ("peer_kind", IsExternal ? "external" : "other")], Owner);

    /// <summary>All labels except the role.</summary>
    public IReadOnlyList<(string Name, string Value)> All => _all;

    /// <summary>Without a pod's name where it is empty: see <see cref="WithoutPod"/>.</summary>
    public static (string Name, string Value)[] Of(ContainerIdentity container) =>
    [
        ("k8s_namespace_name", container.Namespace),
        ("k8s_workload_name", WorkloadNameOf(container)),
        .. container.PodName.Length > 0 ? [("k8s_pod_name", container.PodName)] : ((string, string)[])[],
        ("k8s_container_name", container.Name),
    ];

    /// <summary>The containers of this name in all pods of the workload.</summary>
    public static ContainerIdentity WithoutPod(ContainerIdentity container) =>
        container with { PodName = "", Workload = container.Workload ?? container.PodName };

    /// <summary>Containers of one owner have equal labels on this side.</summary>
    public static string OwnerOf(ContainerIdentity container, bool namesPods) =>
        string.Join('\n', Of(namesPods ? container : WithoutPod(container)).Select(label => label.Value));

    public bool Equals(PeerLabels? other) =>
        ReferenceEquals(this, other) || (other is not null && _hashCode == other._hashCode && Role == other.Role
            && _all.AsSpan().SequenceEqual(other._all));

    public override bool Equals(object? obj) => Equals(obj as PeerLabels);

    public override int GetHashCode() => _hashCode;

    /// <summary>The name of a container's workload without its kind, or the pod's name if the pod has no owner.</summary>
    internal static string WorkloadNameOf(ContainerIdentity container) =>
        (container.Workload ?? container.PodName)[((container.Workload ?? "").LastIndexOf('/') + 1)..];
}
