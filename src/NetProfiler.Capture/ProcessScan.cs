using System.Globalization;

namespace NetProfiler.Capture;

/// <summary>Finds the running processes that are targets, with their descendants, in /proc.</summary>
internal static class ProcessScan
{
    private readonly record struct Process(int Id, int Parent, string Name);

    /// <exception cref="TargetNotFoundException">A process id does not exist.</exception>
    public static void ThrowIfMissing(CaptureTargets targets)
    {
        foreach (int id in targets.ProcessIds)
        {
            if (!Directory.Exists($"/proc/{id}")) throw new TargetNotFoundException($"process {id} does not exist");
        }
    }

    public static IEnumerable<int> Find(CaptureTargets targets)
    {
        var processes = Read();
        var children = processes.ToLookup(process => process.Parent, process => process.Id);
        var chosen = new HashSet<int>(targets.ProcessIds);
        chosen.UnionWith(processes.Where(process => targets.Names.Contains(process.Name)).Select(process => process.Id));
        foreach (string cgroup in targets.Cgroups) chosen.UnionWith(CgroupDirectory.Processes(cgroup));

        var open = new Queue<int>(chosen);
        while (open.TryDequeue(out int id))
        {
            foreach (int child in children[id])
            {
                if (chosen.Add(child)) open.Enqueue(child);
            }
        }

        return chosen;
    }

    /// <summary>Every process except this one.</summary>
    public static IEnumerable<int> All() => Read().Select(process => process.Id).Where(id => id != Environment.ProcessId);

    private static List<Process> Read()
    {
        var processes = new List<Process>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, null, out int id) && TryRead(id) is { } process)
                processes.Add(process);
        }

        return processes;
    }

    // "pid (name) state ppid ...": the name may contain anything, so it ends at the last parenthesis (proc_pid_stat(5)).
    private static Process? TryRead(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            int open = stat.IndexOf('('), close = stat.LastIndexOf(')');
            string[] rest = stat[(close + 2)..].Split(' ', 3);
            return new Process(id, int.Parse(rest[1]), stat[(open + 1)..close]);
        }
        catch (IOException)
        {
            return null; // exited in the meantime
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
