using System.Diagnostics;

namespace NetProfiler.Capture.Tests.Support;

/// <summary>A control group (v2) of a test, with groups below it. All are removed at the end; their processes move to the root.</summary>
internal sealed class ControlGroup : IDisposable
{
    private static int _number;

    private ControlGroup(string path) => Path = path;

    public string Path { get; }

    public static string Root { get; } = File.ReadLines("/proc/mounts").Select(line => line.Split(' '))
        .FirstOrDefault(mount => mount[2] == "cgroup2")?[1] ?? "";

    public static ControlGroup Create()
    {
        Skip.If(Root.Length == 0, "needs a mounted cgroup v2 hierarchy");
        string path = $"{Root}/netprofiler-tests-{Environment.ProcessId}-{Interlocked.Increment(ref _number)}";
        Directory.CreateDirectory(path);
        return new ControlGroup(path);
    }

    /// <summary>A group below, by its path from this one.</summary>
    public string Make(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(path);
        return path;
    }

    public static void Enter(string path, Process process) => File.WriteAllText($"{path}/cgroup.procs", $"{process.Id}\n");

    /// <summary>As systemd does with the group of a service that ended: also those below.</summary>
    public static void Remove(string path)
    {
        foreach (string below in Directory.GetDirectories(path)) Remove(below);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Directory.Delete(path);
                return;
            }
            catch (IOException) when (attempt < 100)
            {
                Thread.Sleep(20); // who ended is still leaving
            }
        }
    }

    public void Dispose()
    {
        if (!Directory.Exists(Path)) return;
        foreach (string group in Directory.GetDirectories(Path, "*", SearchOption.AllDirectories).Append(Path))
        {
            foreach (string process in File.ReadAllLines($"{group}/cgroup.procs")) File.WriteAllText($"{Root}/cgroup.procs", process);
        }

        Remove(Path);
    }
}
