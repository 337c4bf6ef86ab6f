namespace NetProfiler.Api.Yaml;

/// <summary>Reads an administrator's file, as strictly as task files.</summary>
public static class SettingsFile
{
    /// <summary>If Value is null, the lines contain the faults, such as "limits.yaml:2:17: namespaces.shop.maxTasks: ...".</summary>
    /// <param name="maxBytes">Limit of the file's size; a larger file is a fault.</param>
    /// <param name="what">Description of the file, for messages: "map of limits".</param>
    /// <param name="expected">Expected fields, for messages: "the field exporters".</param>
    /// <param name="brokenRules">Returns the faults of a value that could be read.</param>
    public static (T? Value, IReadOnlyList<string> FaultLines) Read<T>(string path, int maxBytes, string what, string expected,
        Func<FieldReader, T> read, Func<T, IEnumerable<FieldFault>> brokenRules)
        where T : class
    {
        if (BoundedText.OfFile(path, maxBytes, out var reason) is not { } content) return (null, [new FieldFault("", reason).In(path)]);

        var faults = new FaultCollector();
        var value = YamlLoader.Load(content, what, faults) is { } root ? Read(root, faults, expected, read) : null;
        if (value is not null) faults.AddBrokenRules([.. brokenRules(value)]);
        return value is not null && faults.IsEmpty ? (value, []) : (null, [.. faults.InFileOrder().Select(fault => fault.In(path))]);
    }

    private static T? Read<T>(YamlNode root, FaultCollector faults, string expected, Func<FieldReader, T> read)
        where T : class
    {
        faults.Place("", root.Mark);
        if (root is YamlMap map) return FieldReader.Read(map, "", faults, read);

        faults.Add("", root.Mark, $"expected an object with {expected}, got {root.Describe()}");
        return null;
    }
}
