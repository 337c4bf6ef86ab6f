using System.Globalization;

namespace NetProfiler.Capture;

/// <summary>A process named by a number, which may be the id of one of its threads, as shown by htop.</summary>
public readonly record struct ProcessTarget(int Id, string Name)
{
    /// <summary>Finds the process with this id, or with a thread that has it.</summary>
    /// <exception cref="TargetNotFoundException">There is no such process, or it has exited.</exception>
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
        // The main thread may have exited while other threads continue.
        if (process == id && Value(lines, "State:").StartsWith('Z') && !HasOtherThread(id))
            throw new TargetNotFoundException(
                $"process {id} ({Value(lines, "Name:")}) has ended; it is there until its parent, process {Value(lines, "PPid:")}, "
                    + "collects it");
        return new ProcessTarget(process, process == id ? Value(lines, "Name:") : NameOf(process));
    }

    private static string Value(string[] lines, string field) =>
        lines.FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))?[field.Length..].Trim() ?? "";

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
            return File.ReadAllText($"/proc/{id}/comm").TrimEnd('\n');
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new TargetNotFoundException($"process {id} does not exist");
        }
    }
}
