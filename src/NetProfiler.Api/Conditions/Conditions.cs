using k8s.Models;

namespace NetProfiler.Api.Conditions;

/// <summary>
/// The conditions of an object while they are computed: a condition that is not set again is removed, and its transition time changes only
/// with its status.
/// </summary>
public sealed class Conditions(IReadOnlyList<V1Condition>? before, long? generation, DateTimeOffset now)
{
    public const int MaxMessageLength = 256;

    private readonly SortedDictionary<string, V1Condition> _now = new(StringComparer.Ordinal);

    /// <summary>Sorted by type, so that equal conditions have equal bytes.</summary>
    public IReadOnlyList<V1Condition> ToList() => [.. _now.Values];

    public void Set(string type, bool status, string reason, string message)
    {
        var text = status ? "True" : "False";
        var old = before?.FirstOrDefault(condition => condition.Type == type);
        _now[type] = new V1Condition
        {
            Type = type,
            Status = text,
            Reason = reason,
            Message = message.Length <= MaxMessageLength ? message : message[..(MaxMessageLength - 1)] + "…",
            ObservedGeneration = generation,
            LastTransitionTime = old?.Status == text ? old.LastTransitionTime : now.UtcDateTime,
        };
    }

    public static bool IsTrue(IReadOnlyList<V1Condition>? conditions, string type) =>
        conditions?.Any(condition => condition.Type == type && condition.Status == "True") == true;

    public static V1Condition? Find(IReadOnlyList<V1Condition>? conditions, string type) =>
        conditions?.FirstOrDefault(condition => condition.Type == type);
}
