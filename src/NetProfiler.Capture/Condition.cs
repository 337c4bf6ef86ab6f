namespace NetProfiler.Capture;

/// <summary>A condition of profiling, and whether it is met.</summary>
/// <param name="Name">The subject of the check.</param>
/// <param name="IsMet">If false, profiling is impossible or limited.</param>
/// <param name="Detail">The finding.</param>
/// <param name="Remedy">The remedy if the condition is not met.</param>
/// <param name="IsRequired">Whether profiling is impossible without it.</param>
public sealed record Condition(string Name, bool IsMet, string Detail, string Remedy = "", bool IsRequired = true);
