using NetProfiler.Api.Resources;
using NetProfiler.Api.Yaml;

namespace NetProfiler.Operator.Limits;

/// <summary>
/// Reads the file of limits, as strictly as task files are read: <c>default</c>, and <c>namespaces</c>, a map from names to limits; each
/// with <c>maxTasks</c>, <c>maxDeadlineSeconds</c>, <c>allowFullContent</c> and <c>allowTls</c>.
/// </summary>
internal static class LimitsFile
{
    private const int MaxBytes = 256 * 1024;
    private const int MaxNamespaces = 1000;
    private const int MaxTasks = 10_000;

    public static (ClusterLimits? Limits, IReadOnlyList<string> FaultLines) Read(string path) => SettingsFile.Read(
        path, MaxBytes, "map of limits", "the fields default and namespaces",
        file => new ClusterLimits(
            file.Object("default", Of) ?? NamespaceLimits.None, file.ObjectMap("namespaces", Of) ?? ClusterLimits.None.ByNamespace),
        BrokenRules);

    private static NamespaceLimits Of(FieldReader fields) =>
        new(fields.Integer("maxTasks"), fields.Integer("maxDeadlineSeconds"), fields.Boolean("allowFullContent") ?? true,
            fields.Boolean("allowTls") ?? true);

    private static IEnumerable<FieldFault> BrokenRules(ClusterLimits limits)
    {
        if (limits.ByNamespace.Count > MaxNamespaces)
            yield return new("namespaces", $"must have at most {MaxNamespaces}, has {limits.ByNamespace.Count}");
        foreach (var (path, one) in limits.ByNamespace.Select(one => (FieldPath.Field("namespaces", one.Key), one.Value))
            .Prepend(("default", limits.Default)))
        {
            if (one.MaxTasks is < 0 or > MaxTasks)
                yield return new(FieldPath.Field(path, "maxTasks"), $"must be from 0 to {MaxTasks}, is {one.MaxTasks}");
            if (one.MaxDeadlineSeconds is < TaskLimits.MinActiveDeadlineSeconds or > TaskLimits.MaxActiveDeadlineSeconds)
                yield return new(
                    FieldPath.Field(path, "maxDeadlineSeconds"),
                    $"must be from {TaskLimits.MinActiveDeadlineSeconds} to {TaskLimits.MaxActiveDeadlineSeconds}, is "
                        + $"{one.MaxDeadlineSeconds}");
        }
    }
}
