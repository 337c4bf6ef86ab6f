namespace NetProfiler.Analysis.Events;

/// <summary>The direction in which bytes moved, relative to the profiled process.</summary>
public enum Direction : byte
{
    Ingress = 0,
    Egress = 1,
}
