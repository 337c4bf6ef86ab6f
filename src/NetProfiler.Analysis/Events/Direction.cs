namespace NetProfiler.Analysis.Events;

/// <summary>Which way bytes moved, as the profiled process sees it.</summary>
public enum Direction : byte
{
    Ingress = 0,
    Egress = 1,
}
