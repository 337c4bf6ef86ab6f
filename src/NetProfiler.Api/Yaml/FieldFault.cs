namespace NetProfiler.Api.Yaml;

/// <summary>
/// One fault of a task: the field ("spec.sampling.rules[1].uriRegex"; empty for the whole task), the message, and the position in the file.
/// </summary>
public sealed record FieldFault(string Path, string Message, int? Line = null, int? Column = null)
{
    /// <summary>Such as "12:7: spec.sampling.topN: must be from 1 to 50, is 0".</summary>
    public override string ToString() =>
        (Line is null ? "" : $"{Line}:{Column}: ") + (Path.Length == 0 ? "" : $"{Path}: ") + Message;

    /// <summary>
    /// In the format of compilers, so that editors can jump to the position: "task.yaml:12:7: spec.suspend: expected ...".
    /// </summary>
    public string In(string file) => $"{file}:{(Line is null ? " " : "")}{this}";
}
