using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>
/// Resolves processes and addresses beyond the captured connections. Called on the ring-buffer thread, once per connection: it must not
/// block.
/// </summary>
public interface IPartyDirectory
{
    /// <summary>The container of a process. Null if it is unknown.</summary>
    /// <param name="cgroup">Id of its cgroup (v2) when it opened the connection; 0 if unknown.</param>
    ContainerIdentity? ContainerOf(ulong cgroup, int processId);

    /// <summary>The other end of a connection, if that end is not captured. Null if only the address is known.</summary>
    Party? RemoteOf(ConnectionIdentity connection);
}

/// <summary>A directory that resolves nothing.</summary>
public sealed class NoDirectory : IPartyDirectory
{
    public static NoDirectory Instance { get; } = new();

    public ContainerIdentity? ContainerOf(ulong cgroup, int processId) => null;

    public Party? RemoteOf(ConnectionIdentity connection) => null;
}
