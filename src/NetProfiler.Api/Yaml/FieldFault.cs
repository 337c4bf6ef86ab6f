namespace NetProfiler.Api.Yaml;

/// <summary>
/// One thing wrong with a task: where in it ("spec.sampling.rules[1].uriRegex"; empty: the whole), what, and where in the file.
/// </summary>
public sealed record FieldFault(string Path, string Message, int? Line = null, int? Column = null)
{
    /// <summary>"12:7: spec.sampling.topN: must be from 1 to 50, is 0".</summary>
    public override string ToString() =>
        (Line is null ? "" : $"{Line}:{Column}: ") + (Path.Length == 0 ? "" : $"{Path}: ") + Message;

    /// <summary>As compilers print it, so that editors find the place: "task.yaml:12:7: spec.suspend: expected ...".</summary>
    public string In(string file) => $"{file}:{(Line is null ? " " : "")}{this}";
}
