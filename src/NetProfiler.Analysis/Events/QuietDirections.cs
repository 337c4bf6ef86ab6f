namespace NetProfiler.Analysis.Events;

/// <summary>The directions of an idle connection in which nothing is outstanding.</summary>
[Flags]
public enum QuietDirections : byte
{
    None = 0,
    Ingress = 1,
    Egress = 2,
}
