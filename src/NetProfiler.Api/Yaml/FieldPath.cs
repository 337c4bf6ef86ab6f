namespace NetProfiler.Api.Yaml;

/// <summary>
/// Formats the path of a field in faults: <c>spec.sampling.rules[1].uriRegex</c>, <c>metadata.labels[app.kubernetes.io/name]</c>.
/// </summary>
public static class FieldPath
{
    public static string Field(string parent, string name) =>
        !name.All(char.IsAsciiLetterOrDigit) ? $"{parent}[{name}]" : parent.Length == 0 ? name : $"{parent}.{name}";

    public static string Item(string parent, int index) => $"{parent}[{index}]";

    /// <summary>Converts the names of properties: "Spec.Sampling.TopN" becomes spec.sampling.topN.</summary>
    public static string OfProperty(string property) =>
        string.Join('.', property.Split('.').Select(name => name.Length == 0 ? name : char.ToLowerInvariant(name[0]) + name[1..]));
}
