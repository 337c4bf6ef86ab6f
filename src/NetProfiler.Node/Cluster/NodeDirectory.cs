using System.Collections.Frozen;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Who is who on this node and in its cluster: tables that are replaced whole by those who know, and read on the ring-buffer thread.
/// </summary>
/// <param name="hostProc">The node's /proc.</param>
internal sealed class NodeDirectory(string hostProc) : IPartyDirectory
{
    private volatile Containers _containers = Containers.None;
    private volatile FrozenDictionary<(EndpointKind, UInt128), Party> _addresses = FrozenDictionary<(EndpointKind, UInt128), Party>.Empty;

    /// <summary>Addresses whose party is known.</summary>
    public int Addresses => _addresses.Count;

    public void SetContainers(Containers containers) => _containers = containers;

    public void SetAddresses(FrozenDictionary<(EndpointKind, UInt128), Party> addresses) => _addresses = addresses;

    public ContainerIdentity? ContainerOf(ulong cgroup, int processId)
    {
        var containers = _containers;
        return containers.ByCgroup.TryGetValue(cgroup, out var container) || containers.ByProcess.TryGetValue(processId, out container)
            ? container
            : ByPath(containers, processId);
    }

    public Party? RemoteOf(Connection connection) => _addresses.GetValueOrDefault((connection.Remote.Kind, connection.Remote.Bits));

    // A control group that was made below the container's since it was looked at, or a process of version 1 that started since.
    private ContainerIdentity? ByPath(Containers containers, int processId)
    {
        if (containers.ById.Count == 0) return null;
        try
        {
            foreach (string line in File.ReadLines($"{hostProc}/{processId}/cgroup"))
            {
                string path = line[(line.IndexOf(':', line.IndexOf(':') + 1) + 1)..];
                foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (ContainerCgroups.IdOf(name) is { } id && containers.ById.TryGetValue(id, out var container)) return container;
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile.
        }

        return null;
    }

    /// <summary>The captured containers, by what a process is found by.</summary>
    public sealed record Containers(
        FrozenDictionary<ulong, ContainerIdentity> ByCgroup, FrozenDictionary<int, ContainerIdentity> ByProcess, FrozenDictionary<string, ContainerIdentity> ById)
    {
        public static Containers None { get; } = new(
            FrozenDictionary<ulong, ContainerIdentity>.Empty, FrozenDictionary<int, ContainerIdentity>.Empty, FrozenDictionary<string, ContainerIdentity>.Empty);
    }
}
