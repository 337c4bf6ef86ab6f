using NetProfiler.Api.Resources;
using NetProfiler.Api.Yaml;

namespace NetProfiler.Operator.Limits;

/// <summary>
/// Reads the file of limits, as strictly as task files are read: <c>default</c>, and <c>namespaces</c>, a map from names to limits; each
/// with <c>maxTasks</c>, <c>maxDeadlineSeconds</c> and <c>allowFullContent</c>.
/// </summary>
internal static class LimitsFile
{
    private const int MaxBytes = 256 * 1024;
    private const int MaxNamespaces = 1000;
    private const int MaxTasks = 10_000;

    /// <summary>No limits: the lines say why, each as "limits.yaml:2:17: namespaces.shop.maxTasks: ...".</summary>
    public static (ClusterLimits? Limits, IReadOnlyList<string> FaultLines) Read(string path)
    {
        if (BoundedText.OfFile(path, MaxBytes, out var reason) is not { } content) return (null, [new FieldFault("", reason).In(path)]);

        var faults = new FaultCollector();
        var limits = YamlLoader.Load(content, "map of limits", faults) is { } root ? Limits(root, faults) : null;
        if (limits is not null) faults.AddBrokenRules([.. BrokenRules(limits)]);
        return limits is not null && faults.IsEmpty ? (limits, []) : (null, [.. faults.InFileOrder().Select(fault => fault.In(path))]);
    }

    private static ClusterLimits? Limits(YamlNode root, FaultCollector faults)
    {
        faults.Place("", root.Mark);
        if (root is YamlMap map)
            return FieldReader.Read(map, "", faults, file => new ClusterLimits(
                file.Object("default", Of) ?? NamespaceLimits.None, file.ObjectMap("namespaces", Of) ?? ClusterLimits.None.ByNamespace));

        faults.Add("", root.Mark, $"expected an object with the fields default and namespaces, got {root.Describe()}");
        return null;
    }

    private static NamespaceLimits Of(FieldReader fields) =>
        new(fields.Integer("maxTasks"), fields.Integer("maxDeadlineSeconds"), fields.Boolean("allowFullContent") ?? true);

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
                    $"must be from {TaskLimits.MinActiveDeadlineSeconds} to {TaskLimits.MaxActiveDeadlineSeconds}, is {one.MaxDeadlineSeconds}");
        }
    }
}
