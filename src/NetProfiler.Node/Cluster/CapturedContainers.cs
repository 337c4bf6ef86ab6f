using System.Collections.Frozen;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture;

namespace NetProfiler.Node.Cluster;

/// <summary>The containers whose processes are captured. One thread at a time.</summary>
internal sealed class CapturedContainers(ContainerCgroups cgroups, NodeDirectory directory, TimeProvider time)
{
    // A missing container causes a walk of the hierarchy; the pause grows while it stays missing.
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Attaching takes about 10 ms for each process; the other tasks wait for it.</summary>
    private static readonly TimeSpan TlsPatience = TimeSpan.FromSeconds(3);

    private readonly Dictionary<ContainerIdentity, ContainerCgroup> _captured = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<ContainerIdentity> _readingTls = new(ReferenceEqualityComparer.Instance);
    private readonly List<(ContainerIdentity Container, ContainerCgroup Cgroup)> _leaving = [];
    private HashSet<string> _missing = [];
    private TimeSpan _pause;
    private long _walked;

    public int Count => _captured.Count;

    public IEnumerable<ContainerIdentity> All => _captured.Keys;

    public bool Has(ContainerIdentity container) => _captured.ContainsKey(container);

    /// <summary>Captures these, as far as they are on this node, and no others.</summary>
    /// <param name="withTls">Those whose TLS is read, too.</param>
    public void Set(CaptureSession session, IReadOnlyCollection<ContainerIdentity> wanted, IReadOnlySet<ContainerIdentity> withTls)
    {
        bool isChanged = _leaving.Count > 0;
        _leaving.Clear();
        foreach (var (container, cgroup) in _captured.ToList())
        {
            if (wanted.Contains(container) && Directory.Exists(cgroup.Path))
            {
                if (withTls.Contains(container) != _readingTls.Contains(container)) Capture(session, container, cgroup, withTls);
                continue;
            }

            session.RemoveCgroup(cgroup.Id, cgroup.Path);
            _captured.Remove(container);
            _readingTls.Remove(container);
            // Events so far are in the ring, and still belong to the container.
            _leaving.Add((container, cgroup));
        }

        var entering = Find([.. wanted.Where(container => !_captured.ContainsKey(container))]);
        foreach (var (container, cgroup) in entering) _captured[container] = cgroup;

        // Publish before capturing, so that no event of a container precedes its name. The processes of a group without an id are read each
        // time.
        if (isChanged || _leaving.Count > 0 || entering.Count > 0 || _captured.Values.Any(cgroup => cgroup.Id is null)) Publish();
        foreach (var (container, cgroup) in entering) Capture(session, container, cgroup, withTls);
        if (entering.Count > 0) session.LookForQuietConnections();
        foreach (var (container, cgroup) in _captured.Where(one => one.Value.Id is null))
            session.AddCgroup(cgroup.Path, _readingTls.Contains(container));
        // A task that captures reads what begins from then on.
        if (_readingTls.Count > 0) session.WaitForTlsProbes(TlsPatience);
    }

    /// <summary>Clears the state after the end of a capture.</summary>
    public void Clear()
    {
        _captured.Clear();
        _readingTls.Clear();
        _leaving.Clear();
        Publish();
    }

    private void Capture(CaptureSession session, ContainerIdentity container, ContainerCgroup cgroup,
        IReadOnlySet<ContainerIdentity> withTls)
    {
        bool readsTls = withTls.Contains(container);
        if (readsTls) _readingTls.Add(container);
        else _readingTls.Remove(container);
        try
        {
            session.AddCgroup(cgroup.Path, readsTls);
        }
        catch (TargetNotFoundException)
        {
            _captured.Remove(container);
            _readingTls.Remove(container);
        }
    }

    private List<(ContainerIdentity Container, ContainerCgroup Cgroup)> Find(IReadOnlyList<ContainerIdentity> wanted)
    {
        var found = Known(wanted);
        var missing = wanted.Except(found.Select(one => one.Container)).Select(container => container.Id).ToHashSet();
        if (missing.Count > 0 && MayWalk(missing))
        {
            cgroups.Refresh();
            found = Known(wanted);
        }

        return found;
    }

    private List<(ContainerIdentity Container, ContainerCgroup Cgroup)> Known(IReadOnlyList<ContainerIdentity> wanted) =>
        [.. wanted.Select(container => (container, Cgroup: cgroups.Find(container.Id))).Where(one => one.Cgroup is not null)
            .Select(one => (one.container, one.Cgroup!))];

    private bool MayWalk(HashSet<string> missing)
    {
        if (!missing.IsSubsetOf(_missing)) _pause = TimeSpan.Zero;
        _missing = missing;
        if (_pause > TimeSpan.Zero && time.GetElapsedTime(_walked) < _pause) return false;

        _walked = time.GetTimestamp();
        _pause = _pause == TimeSpan.Zero ? FirstPause : TimeSpan.FromTicks(long.Min(2 * _pause.Ticks, LongestPause.Ticks));
        return true;
    }

    private void Publish()
    {
        var known = _captured.Select(one => (Container: one.Key, Cgroup: one.Value)).Concat(_leaving).ToList();
        directory.SetContainers(new(
            known.Where(one => one.Cgroup.Id is not null)
                .SelectMany(one => CgroupDirectory.WithDescendants(one.Cgroup.Path).Select(CgroupDirectory.TryIdOf).OfType<ulong>()
                    .Append(one.Cgroup.Id!.Value)
                    .Select(id => (Id: id, one.Container)))
                .DistinctBy(one => one.Id).ToFrozenDictionary(one => one.Id, one => one.Container),
            known.Where(one => one.Cgroup.Id is null)
                .SelectMany(one => CgroupDirectory.Processes(one.Cgroup.Path).Select(process => (process, one.Container)))
                .DistinctBy(one => one.process).ToFrozenDictionary(one => one.process, one => one.Container),
            known.DistinctBy(one => one.Container.Id).ToFrozenDictionary(one => one.Container.Id, one => one.Container)));
    }
}
