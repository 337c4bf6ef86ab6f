using NetProfiler.Capture.Tls;

namespace NetProfiler.Capture;

/// <summary>Finds the targets that run already, and makes targets of them. Those that start later are found by the kernel side.</summary>
/// <param name="tls">Null: TLS is not read.</param>
internal sealed class TargetMarker(TargetTable targets, TlsProbes? tls)
{
    // At the start, processes are looked for so often; if more are found each time, processes fork without end.
    private const int MaxScans = 16;

    /// <summary>
    /// Further processes were found at each of the scans: children may be missing that a target forked before it was found.
    /// </summary>
    public bool IsCut { get; private set; }

    public void MarkRunning(CaptureTargets chosen)
    {
        Mark(() => ProcessScan.FindChosen(chosen), TargetFlags.Chosen);
        Mark(() => ProcessScan.FindInCgroups(chosen), TargetFlags.InCgroup);
    }

    /// <summary>
    /// Looks again as long as that finds processes that neither an earlier look nor the kernel side has marked: a child that was forked
    /// before its parent was marked.
    /// </summary>
    /// <param name="flags">Chosen or InCgroup, with Tls if the plaintext of TLS sessions is read.</param>
    public void Mark(Func<IEnumerable<int>> find, TargetFlags flags)
    {
        var added = new HashSet<int>();
        var latest = new HashSet<int>();
        for (int scan = 0; scan < MaxScans; scan++)
        {
            latest = [.. find().Where(id => id != Environment.ProcessId)];
            int before = added.Count;
            added.UnionWith(latest.Where(id => MarkOne(id, flags)));
            if (added.Count == before) break;
            IsCut |= scan == MaxScans - 1;
        }

        // They have left the group meanwhile, or their numbers are those of others. Processes that were chosen otherwise may have lost
        // their parent.
        if (flags.HasFlag(TargetFlags.InCgroup)) Unmark(added.Except(latest), TargetFlags.InCgroup);
    }

    public void Unmark(IEnumerable<int> processes, TargetFlags flag)
    {
        foreach (int id in processes)
        {
            if (targets.Set(id, flag | TargetFlags.Tls, TargetFlags.None)) tls?.OnRelease(id);
        }
    }

    private bool MarkOne(int id, TargetFlags flags)
    {
        if (!targets.Set(id, flags | TargetFlags.Tls, flags)) return false;
        if (tls?.IsWanted(id) == true) tls.OnProcess(id, isUnbound: false);
        else tls?.OnRelease(id);
        return true;
    }
}
