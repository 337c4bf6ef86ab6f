using NetProfiler.Analysis.Events;

namespace NetProfiler.Node.Tasks;

/// <summary>The containers that a task is about, which change while it is at work. Ring-buffer thread only.</summary>
internal sealed class TaskContainers
{
    private HashSet<ContainerIdentity> _containers = [];

    public int Count => _containers.Count;

    /// <param name="container">Null, an unknown one, is none of them.</param>
    public bool Contains(ContainerIdentity? container) => container is not null && _containers.Contains(container);

    /// <summary>Those that are not among these.</summary>
    public IReadOnlySet<ContainerIdentity> Except(IEnumerable<ContainerIdentity> containers) =>
        _containers.Except(containers, ReferenceEqualityComparer.Instance).OfType<ContainerIdentity>()
            .ToHashSet<ContainerIdentity>(ReferenceEqualityComparer.Instance);

    /// <summary>These, and no others, from now on.</summary>
    public void Set(IEnumerable<ContainerIdentity> containers) => _containers = new(containers, ReferenceEqualityComparer.Instance);
}
