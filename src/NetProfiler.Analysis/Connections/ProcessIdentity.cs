namespace NetProfiler.Analysis.Connections;

/// <summary>A profiled process as people know it. One object per process id and name.</summary>
public sealed record ProcessIdentity(int Id, string Name);
