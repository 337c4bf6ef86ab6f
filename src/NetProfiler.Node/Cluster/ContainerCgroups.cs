using NetProfiler.Capture;

namespace NetProfiler.Node.Cluster;

/// <summary>A container's control group on this node.</summary>
/// <param name="Id">Inode number of the directory, by which the kernel side matches (version 2). Null in version 1: processes are matched
/// individually.</param>
internal sealed record ContainerCgroup(string Path, ulong? Id);

/// <summary>
/// Finds the control group of a container by the name of its directory, at any depth: every runtime and every driver includes the
/// container's id in the name (<c>ID</c>, <c>cri-containerd-ID.scope</c>, <c>crio-ID.scope</c>, <c>docker-ID.scope</c>), and the parent
/// directories differ.
/// </summary>
internal sealed class ContainerCgroups
{
    /// <summary>Maximum number of directories examined per hierarchy; if there are more, <see cref="IsCut"/> is set.</summary>
    public const int MaxDirectories = 65_536;

    private const int MaxDepth = 32;
    private const int MinIdLength = 12;

    // Version 1: the first that exists; a runtime adds a container to all of them.
    private static readonly string[] Version1 = ["systemd", "pids", "memory", "cpu,cpuacct", "cpu", "cpuacct", "devices"];

    private readonly string[] _hierarchies;
    private Dictionary<string, string>[] _index = [];

    /// <param name="root">Mount point of the node's control groups.</param>
    public ContainerCgroups(string root) => _hierarchies = Hierarchies(root);

    /// <summary>Whether the latest walk left directories out.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Number of directories found by the latest walk.</summary>
    public int Directories => _index.Sum(index => index.Count);

    /// <summary>The control group as of the latest <see cref="Refresh"/>. Null if the container is not on this node.</summary>
    public ContainerCgroup? Find(string containerId)
    {
        if (containerId.Length < MinIdLength) return null;
        string[] found = [.. _index.Select(index => index.GetValueOrDefault(containerId)).OfType<string>().Where(Directory.Exists)];

        // With both versions mounted, version 2 contains the processes in some configurations, and empty or missing directories in others.
        string? path = Array.Find(found, one => CgroupDirectory.Processes(one).Any()) ?? found.FirstOrDefault();
        return path is null ? null : new(path, CgroupDirectory.TryIdOf(path));
    }

    /// <summary>Walks the hierarchies.</summary>
    public void Refresh()
    {
        IsCut = false;
        _index = Array.ConvertAll(_hierarchies, Walk);
    }

    /// <summary>
    /// The container id in a directory's name: after the runtime's prefix and before <c>.scope</c>. Null if absent.
    /// </summary>
    internal static string? IdOf(string directory)
    {
        const string scope = ".scope";
        string name = directory.EndsWith(scope, StringComparison.Ordinal) ? directory[..^scope.Length] : directory;
        int dash = name.LastIndexOf('-');
        string id = name[(dash + 1)..];

        // The names of CRI-O's and Podman's monitor groups (conmon) contain the container id too.
        if (name.AsSpan(0, int.Max(0, dash)).EndsWith("conmon")) return null;
        return id.Length >= MinIdLength && id.All(char.IsAsciiLetterOrDigit) ? id : null;
    }

    // Upper directories first: a container that may create control groups in its own cannot take another's name.
    private Dictionary<string, string> Walk(string root)
    {
        var index = new Dictionary<string, string>(StringComparer.Ordinal);
        var levels = new List<Queue<(string Path, int Depth)>> { new([(root, 0)]) }; // by the containers around them
        int seen = 0;
        for (int level = 0; level < levels.Count;)
        {
            if (!levels[level].TryDequeue(out var parent))
            {
                level++;
                continue;
            }

            foreach (string child in ChildrenOf(parent.Path))
            {
                if (++seen > MaxDirectories || parent.Depth >= MaxDepth)
                {
                    IsCut = true;
                    return index;
                }

                string? id = IdOf(Path.GetFileName(child));
                if (id is not null) index.TryAdd(id, child);
                if (id is not null && level + 1 == levels.Count) levels.Add([]);
                levels[id is null ? level : level + 1].Enqueue((child, parent.Depth + 1));
            }
        }

        return index;
    }

    private static IReadOnlyList<string> ChildrenOf(string directory)
    {
        try
        {
            return [.. new DirectoryInfo(directory).EnumerateDirectories().Where(child => child.LinkTarget is null)
                .Select(child => child.FullName)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return []; // removed in the meantime
        }
    }

    // Version 2 first, because the kernel side can match its ids.
    private static string[] Hierarchies(string root)
    {
        if (File.Exists(Path.Combine(root, "cgroup.controllers"))) return [root];

        string unified = Path.Combine(root, "unified");
        return
        [
            .. Directory.Exists(unified) ? [unified] : Array.Empty<string>(),
            .. Version1.Select(name => Path.Combine(root, name)).Where(path => File.Exists(Path.Combine(path, "cgroup.procs"))).Take(2),
        ];
    }
}
