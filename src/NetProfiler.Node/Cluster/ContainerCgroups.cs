using NetProfiler.Capture;

namespace NetProfiler.Node.Cluster;

/// <summary>A container's control group on this node.</summary>
/// <param name="Id">Of the directory, where the kernel side can match by it (version 2); null: its processes are all there is.</param>
internal sealed record ContainerCgroup(string Path, ulong? Id);

/// <summary>
/// Finds the control group of a container by the name of its directory, wherever that is: every runtime and every driver names it after the
/// container's id (<c>ID</c>, <c>cri-containerd-ID.scope</c>, <c>crio-ID.scope</c>, <c>docker-ID.scope</c>), and what is above it differs.
/// </summary>
internal sealed class ContainerCgroups
{
    /// <summary>Most directories of a hierarchy that are looked at; further ones are not, and <see cref="IsCut"/> says so.</summary>
    public const int MaxDirectories = 65_536;

    private const int MaxDepth = 32;
    private const int MinIdLength = 12;

    // Version 1: whichever is there; a runtime puts a container into all of them.
    private static readonly string[] Version1 = ["systemd", "pids", "memory", "cpu,cpuacct", "cpu", "cpuacct", "devices"];

    private readonly string[] _hierarchies;
    private Dictionary<string, string>[] _index = [];

    /// <param name="root">Where the control groups are mounted, as the node has them.</param>
    public ContainerCgroups(string root) => _hierarchies = Hierarchies(root);

    /// <summary>The latest walk left directories out.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Directories that the latest walk found.</summary>
    public int Directories => _index.Sum(index => index.Count);

    /// <summary>As of the latest <see cref="Refresh"/>; null: it is not on this node.</summary>
    public ContainerCgroup? Find(string containerId)
    {
        if (containerId.Length < MinIdLength) return null;
        string[] found = [.. _index.Select(index => index.GetValueOrDefault(containerId)).OfType<string>().Where(Directory.Exists)];

        // With both versions mounted, version 2 has the processes of some set-ups, and of others it has empty directories or none.
        string? path = Array.Find(found, one => CgroupDirectory.Processes(one).Any()) ?? found.FirstOrDefault();
        return path is null ? null : new(path, CgroupDirectory.TryIdOf(path));
    }

    /// <summary>Walks the hierarchies.</summary>
    public void Refresh()
    {
        IsCut = false;
        _index = Array.ConvertAll(_hierarchies, Walk);
    }

    /// <summary>The id in a directory's name: after the runtime's word and before <c>.scope</c>. Null: there is none.</summary>
    internal static string? IdOf(string directory)
    {
        const string scope = ".scope";
        string name = directory.EndsWith(scope, StringComparison.Ordinal) ? directory[..^scope.Length] : directory;
        int dash = name.LastIndexOf('-');
        string id = name[(dash + 1)..];

        // CRI-O and Podman keep the container's monitor beside it.
        if (name.AsSpan(0, int.Max(0, dash)).EndsWith("conmon")) return null;
        return id.Length >= MinIdLength && id.All(char.IsAsciiLetterOrDigit) ? id : null;
    }

    // A group within fewer others that have the name of a container comes first, then an upper one: whoever may make control groups within
    // a container's own cannot take the name of another container, however deep that is.
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
            return []; // gone meanwhile
        }
    }

    // Version 2 first: there the kernel side can match by id.
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
