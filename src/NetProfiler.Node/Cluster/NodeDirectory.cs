using System.Collections.Frozen;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Who is who on this node and in its cluster: tables that are replaced whole by those who know, and read on the ring-buffer thread.
/// </summary>
/// <param name="hostProc">The node's /proc.</param>
internal sealed class NodeDirectory(string hostProc) : IPartyDirectory
{
    // More are forgotten together.
    private const int MaxRemembered = 16_384;

    private volatile Containers _containers = Containers.None;
    private volatile FrozenDictionary<(EndpointKind, UInt128), Party> _addresses = FrozenDictionary<(EndpointKind, UInt128), Party>.Empty;

    /// <summary>Addresses whose party is known.</summary>
    public int Addresses => _addresses.Count;

    public void SetContainers(Containers containers) => _containers = containers;

    public void SetAddresses(FrozenDictionary<(EndpointKind, UInt128), Party> addresses) => _addresses = addresses;

    // Ring-buffer thread only: what was found for control groups that are none of the containers' own, as of these containers.
    private readonly Dictionary<ulong, ContainerIdentity?> _remembered = [];
    private Containers? _rememberedOf;

    public ContainerIdentity? ContainerOf(ulong cgroup, int processId)
    {
        var containers = _containers;
        if (containers.ById.Count == 0) return null;
        if (containers.ByCgroup.TryGetValue(cgroup, out var container) || containers.ByProcess.TryGetValue(processId, out container))
            return container;

        // Where processes of version 1 are containers', the control group of version 2 says nothing.
        bool isTelling = cgroup != 0 && containers.ByProcess.Count == 0;
        if (!ReferenceEquals(_rememberedOf, containers) || _remembered.Count >= MaxRemembered) _remembered.Clear();
        _rememberedOf = containers;
        if (isTelling && _remembered.TryGetValue(cgroup, out container)) return container;
        if (!TryRead(containers, processId, out container)) return null;
        if (isTelling) _remembered[cgroup] = container;
        return container;
    }

    public Party? RemoteOf(ConnectionIdentity connection) => _addresses.GetValueOrDefault((connection.Remote.Kind, connection.Remote.Bits));

    // A control group that was made below the container's since it was looked at, or a process of version 1 that started since. False: the
    // process is gone, and its control group may be anybody's.
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

    /// <summary>The captured containers, by what a process is found by.</summary>
    public sealed record Containers(
        FrozenDictionary<ulong, ContainerIdentity> ByCgroup, FrozenDictionary<int, ContainerIdentity> ByProcess,
        FrozenDictionary<string, ContainerIdentity> ById)
    {
        public static Containers None { get; } = new(
            FrozenDictionary<ulong, ContainerIdentity>.Empty, FrozenDictionary<int, ContainerIdentity>.Empty,
            FrozenDictionary<string, ContainerIdentity>.Empty);
    }
}
