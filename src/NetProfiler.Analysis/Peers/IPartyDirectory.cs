using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>
/// Knows who is who beyond what the captured connections tell. Asked on the ring-buffer thread, once a connection: it must not wait.
/// </summary>
public interface IPartyDirectory
{
    /// <summary>The container of a process; null: none that is known.</summary>
    /// <param name="cgroup">Id of its cgroup (v2) when it opened the connection; 0: not known.</param>
    ContainerIdentity? ContainerOf(ulong cgroup, int processId);

    /// <summary>Who is at the other end of a connection whose other end is not captured; null: nothing is known but the address.</summary>
    Party? RemoteOf(ConnectionIdentity connection);
}

/// <summary>Knows nobody.</summary>
public sealed class NoDirectory : IPartyDirectory
{
    public static NoDirectory Instance { get; } = new();

    public ContainerIdentity? ContainerOf(ulong cgroup, int processId) => null;

    public Party? RemoteOf(ConnectionIdentity connection) => null;
}
