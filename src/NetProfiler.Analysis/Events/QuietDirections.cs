namespace NetProfiler.Analysis.Events;

/// <summary>Directions in which a connection that stood still owes nothing.</summary>
[Flags]
public enum QuietDirections : byte
{
    None = 0,
    Ingress = 1,
    Egress = 2,
}
