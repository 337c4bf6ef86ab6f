using System.Collections.Frozen;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Resolves processes and addresses on this node. The tables are replaced as a whole by their owners, and read on the ring-buffer thread.
/// </summary>
/// <param name="hostProc">Path of the node's /proc.</param>
internal sealed class NodeDirectory(string hostProc) : IPartyDirectory
{
    // The cache is cleared when it is full.
    private const int MaxRemembered = 16_384;

    private volatile Containers _containers = Containers.None;
    private volatile FrozenDictionary<(EndpointKind, UInt128), Party> _addresses = FrozenDictionary<(EndpointKind, UInt128), Party>.Empty;

    /// <summary>Number of resolved addresses.</summary>
    public int Addresses => _addresses.Count;

    public void SetContainers(Containers containers) => _containers = containers;

    public void SetAddresses(FrozenDictionary<(EndpointKind, UInt128), Party> addresses) => _addresses = addresses;

    // Ring-buffer thread only: cached results for control groups other than the containers' own, valid for these containers.
    private readonly Dictionary<ulong, ContainerIdentity?> _remembered = [];
    private Containers? _rememberedOf;

    public ContainerIdentity? ContainerOf(ulong cgroup, int processId)
    {
        var containers = _containers;
        if (containers.ById.Count == 0) return null;
        if (containers.ByCgroup.TryGetValue(cgroup, out var container) || containers.ByProcess.TryGetValue(processId, out container))
            return container;

        // If containers have processes in version 1, the control group of version 2 does not identify a container.
        bool isTelling = cgroup != 0 && containers.ByProcess.Count == 0;
        if (!ReferenceEquals(_rememberedOf, containers) || _remembered.Count >= MaxRemembered) _remembered.Clear();
        _rememberedOf = containers;
        if (isTelling && _remembered.TryGetValue(cgroup, out container)) return container;
        if (!TryRead(containers, processId, out container)) return null;
        if (isTelling) _remembered[cgroup] = container;
        return container;
    }

    public Party? RemoteOf(ConnectionIdentity connection) => _addresses.GetValueOrDefault((connection.Remote.Kind, connection.Remote.Bits));

    // Handles a control group that was created below the container's after the latest walk, and a process of version 1 that started later.
    // False if the process has exited, because its control group may have been reused.
    private bool TryRead(Containers containers, int processId, out ContainerIdentity? container)
    {
        container = null;
        try
        {
            foreach (string line in File.ReadLines($"{hostProc}/{processId}/cgroup"))
            {
                string path = line[(line.IndexOf(':', line.IndexOf(':') + 1) + 1)..];
                foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (ContainerCgroups.IdOf(name) is { } id && containers.ById.TryGetValue(id, out container)) return true;
                }
            }

            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The captured containers, indexed by the attributes of a process.</summary>
    public sealed record Containers(
        FrozenDictionary<ulong, ContainerIdentity> ByCgroup, FrozenDictionary<int, ContainerIdentity> ByProcess,
        FrozenDictionary<string, ContainerIdentity> ById)
    {
        public static Containers None { get; } = new(
            FrozenDictionary<ulong, ContainerIdentity>.Empty, FrozenDictionary<int, ContainerIdentity>.Empty,
            FrozenDictionary<string, ContainerIdentity>.Empty);
    }
}
