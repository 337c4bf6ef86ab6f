using NetProfiler.Api.Yaml;

namespace NetProfiler.Api.TaskFiles;

/// <summary>
/// Parses a task from YAML, of which JSON is a subset, as strictly as <c>kubectl --validate=strict</c>: an unknown field is a fault. Never
/// throws, whatever the content of the file.
/// </summary>
public static class TaskFile
{
    public const int MaxBytes = 1 << 20;

    public static TaskFileReading Read(string path, TaskFileUse use) =>
        BoundedText.OfFile(path, MaxBytes, out var reason) is { } content ? ParseContent(content, path, use) : Refuse(path, reason);

    /// <summary>The name identifies the text in faults.</summary>
    public static TaskFileReading Parse(TextReader text, string name, TaskFileUse use) =>
        BoundedText.Of(text, MaxBytes, out var reason) is { } content ? ParseContent(content, name, use) : Refuse(name, reason);

    private static TaskFileReading ParseContent(string content, string name, TaskFileUse use)
    {
        var faults = new FaultCollector();
        var task = YamlLoader.Load(content, "task", faults) is { } root ? TaskReader.Read(root, faults) : null;
        if (task is not null) faults.AddBrokenRules(TaskValidation.Check(task, use));

        return task is not null && faults.IsEmpty ? new(name, task) : new(name, faults.InFileOrder());
    }

    private static TaskFileReading Refuse(string name, string reason) => new(name, [new FieldFault("", reason)]);
}
