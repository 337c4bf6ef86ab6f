
namespace NetProfiler.Analysis.Events;

/// <summary>A profiled process as people know it. One object per process id and name.</summary>
/// <param name="Container">The container it runs in; null: none that is known.</param>
public sealed record ProcessIdentity(int Id, string Name, ContainerIdentity? Container = null);
