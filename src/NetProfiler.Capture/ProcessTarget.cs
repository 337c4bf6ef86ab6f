using System.Globalization;
using NetProfiler.Analysis;

namespace NetProfiler.Capture;

/// <summary>A process that somebody names by a number, which may be that of one of its threads: htop shows these.</summary>
public readonly record struct ProcessTarget(int Id, string Name)
{
    /// <summary>The process that has this number, or a thread with it.</summary>
    /// <exception cref="TargetNotFoundException">There is none, or it has ended.</exception>
    public static ProcessTarget Find(int id)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines($"/proc/{id}/status");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new TargetNotFoundException($"process {id} does not exist");
        }

        int process = int.Parse(Value(lines, "Tgid:"), NumberStyles.None, CultureInfo.InvariantCulture);
        // The main thread may have ended while others serve.
        if (process == id && Value(lines, "State:").StartsWith('Z') && !HasOtherThread(id))
            throw new TargetNotFoundException(
                $"process {id} ({Value(lines, "Name:")}) has ended; it is there until its parent, process {Value(lines, "PPid:")}, collects it");
        return new ProcessTarget(process, process == id ? Value(lines, "Name:") : NameOf(process));
    }

    private static string Value(string[] lines, string field) =>
        PrintableText.Of(lines.FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))?[field.Length..].Trim() ?? "");

    private static bool HasOtherThread(int id)
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{id}/task").Skip(1).Any();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string NameOf(int id)
    {
        try
        {
            return PrintableText.Of(File.ReadAllText($"/proc/{id}/comm").TrimEnd('\n'));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new TargetNotFoundException($"process {id} does not exist");
        }
    }
}
