using NetProfiler.Analysis.Events;

namespace NetProfiler.Node.Tasks;

/// <summary>The containers that a task applies to, which change while it is active. Ring-buffer thread only.</summary>
internal sealed class TaskContainers
{
    private HashSet<ContainerIdentity> _containers = [];

    public int Count => _containers.Count;

    /// <param name="container">Null, an unknown container, is never contained.</param>
    public bool Contains(ContainerIdentity? container) => container is not null && _containers.Contains(container);

    /// <summary>Those that are not among these.</summary>
    public IReadOnlySet<ContainerIdentity> Except(IEnumerable<ContainerIdentity> containers) =>
        _containers.Except(containers, ReferenceEqualityComparer.Instance).OfType<ContainerIdentity>()
            .ToHashSet<ContainerIdentity>(ReferenceEqualityComparer.Instance);

    /// <summary>Replaces the containers.</summary>
    public void Set(IEnumerable<ContainerIdentity> containers) => _containers = new(containers, ReferenceEqualityComparer.Instance);
}
