using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Peers;

/// <summary>The addresses with which a connection's packets arrive at its other end after address translation.</summary>
public sealed record Translation(EndpointAddress Local, EndpointAddress Remote)
{
    /// <summary>Created once per connection.</summary>
    public string LocalText => field ??= Local.ToString();

    public string RemoteText => field ??= Remote.ToString();
}
