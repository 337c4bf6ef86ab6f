using System.Text.RegularExpressions;

namespace NetProfiler.Capture;

/// <summary>A control group as named by users: its directory, or its path as shown by systemctl and /proc/PID/cgroup.</summary>
public static partial class CgroupPath
{
    /// <param name="Root">The mounted group, as in /proc/self/mountinfo.</param>
    private readonly record struct Mount(string Root, string Directory, int Rank);

    /// <summary>The group's directory.</summary>
    /// <exception cref="TargetNotFoundException">There is no such group.</exception>
    public static string Find(string name) => Find(name, File.ReadLines("/proc/self/mountinfo"));

    internal static string Find(string name, IEnumerable<string> mountInfo)
    {
        if (Directory.Exists(name)) return name; // whether it is a control group is checked where it is used
        string path = OfProcess().Replace(name, "");
        // Version 2 first: the kernel side matches its groups, and so finds processes that start later.
        var mounts = mountInfo.Select(Parse).OfType<Mount>().OrderBy(mount => mount.Rank).ToList();
        string? found = path.StartsWith('/')
            ? mounts.Select(mount => Below(mount, path)).FirstOrDefault(directory => File.Exists($"{directory}/cgroup.procs")) : null;
        if (found is not null) return found;
        string others = mounts.Count switch { 2 => " or in the other hierarchy",
            > 2 => $" or in {mounts.Count - 1} other hierarchies", _ => "" };
        string looked = mounts.Count == 0 ? "no cgroup hierarchy is mounted"
            : $"not a directory, and not below {mounts[0].Directory}{others}";
        throw new TargetNotFoundException($"cgroup {name} does not exist ({looked}; /proc/PID/cgroup names the groups of a process)");
    }

    private static string? Below(Mount mount, string path)
    {
        if (mount.Root == "/") return mount.Directory + path;
        bool isBelow = path == mount.Root || path.StartsWith(mount.Root + "/", StringComparison.Ordinal);
        return isBelow ? mount.Directory + path[mount.Root.Length..] : null;
    }

    // proc_pid_mountinfo(5): number, parent, device, root, mount point, options, optional fields, "-", type, ...
    private static Mount? Parse(string line)
    {
        string[] fields = line.Split(' ');
        int end = Array.IndexOf(fields, "-");
        if (end <= 5 || end + 3 >= fields.Length) return null;
        // In version 1, systemd's hierarchy has no controller and contains every service.
        int? rank = fields[end + 1] switch { "cgroup2" => 0,
            "cgroup" => fields[end + 3].Contains("name=systemd", StringComparison.Ordinal) ? 1 : 2, _ => null };
        return rank is { } known ? new Mount(Unescape(fields[3]), Unescape(fields[4]), known) : null;
    }

    // Spaces and some other characters are written as octal escapes.
    private static string Unescape(string text) =>
        text.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\134", "\\", StringComparison.Ordinal);

    // A line of /proc/PID/cgroup, such as "0::/system.slice/x.service" or "4:memory:/x".
    [GeneratedRegex("^[0-9]+:[^:]*:(?=/)")]
    private static partial Regex OfProcess();
}
