using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>The addresses under which a connection's packets arrive at its other end, where address translation stands between.</summary>
public sealed record Translation(EndpointAddress Local, EndpointAddress Remote)
{
    /// <summary>Made once a connection.</summary>
    public string LocalText => field ??= Local.ToString();

    public string RemoteText => field ??= Remote.ToString();
}
