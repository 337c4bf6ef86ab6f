using System.Text;

namespace NetProfiler.Kubernetes.TaskFiles;

/// <summary>
/// Reads a task from YAML, of which JSON is a part, as strictly as <c>kubectl --validate=strict</c>: what it does not know, it
/// does not skip. Nothing that a file holds makes it throw.
/// </summary>
public static class TaskFile
{
    public const int MaxBytes = 1 << 20;

    public static TaskFileReading Read(string path, TaskFileUse use)
    {
        try
        {
            if (Directory.Exists(path)) return Refuse(path, "is a directory");

            using var file = File.OpenRead(path);
            using var text = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return file.CanSeek && file.Length > MaxBytes ? Refuse(path, TooLarge) : Parse(text, path, use);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            return Refuse(path, "no such file");
        }
        catch (UnauthorizedAccessException)
        {
            return Refuse(path, "permission denied");
        }
        catch (IOException cause)
        {
            return Refuse(path, cause.Message);
        }
    }

    /// <summary>The name is what the faults call the text.</summary>
    public static TaskFileReading Parse(TextReader text, string name, TaskFileUse use)
    {
        try
        {
            if (!TryReadBounded(text, out var content)) return Refuse(name, TooLarge);

            var faults = new FaultCollector();
            var task = YamlLoader.Load(content, faults) is { } root ? TaskReader.Read(root, faults) : null;
            if (task is not null) faults.AddBrokenRules(TaskValidation.Check(task, use));

            return task is not null && faults.IsEmpty ? new(name, task) : new(name, faults.InFileOrder());
        }
        catch (DecoderFallbackException)
        {
            return Refuse(name, "is not UTF-8 text");
        }
    }

    private static string TooLarge => $"is larger than {MaxBytes} bytes";

    private static TaskFileReading Refuse(string name, string reason) => new(name, [new TaskFault("", reason)]);

    private static bool TryReadBounded(TextReader text, out string content)
    {
        var buffer = new char[4096];
        var all = new StringBuilder();

        for (int read; all.Length <= MaxBytes && (read = text.Read(buffer)) > 0;) all.Append(buffer, 0, read);

        content = all.ToString();
        return content.Length <= MaxBytes;
    }
}
