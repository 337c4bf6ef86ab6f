
namespace NetProfiler.Analysis.Events;

/// <summary>A profiled process by its id and name. One object per pair.</summary>
/// <param name="Container">Container of the process. Null if it is unknown.</param>
public sealed record ProcessIdentity(int Id, string Name, ContainerIdentity? Container = null);
