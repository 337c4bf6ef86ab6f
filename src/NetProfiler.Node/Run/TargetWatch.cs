using System.Diagnostics;
using NetProfiler.Analysis;
using NetProfiler.Capture;
using NetProfiler.Capture.Sockets;
using NetProfiler.Node.Loops;
using NetProfiler.Node.Output;

namespace NetProfiler.Node.Run;

/// <summary>Checks whether any named target exists, and prints notices if not.</summary>
internal sealed class TargetWatch(CaptureSession session, CaptureTargets targets, ExchangePipeline pipeline, Notices notices)
{
    private const string Subject = "targets";
    private const int MaxListed = 5;
    private const int MaxPortsListed = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPeriod = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private int _mostTargets;
    private bool _hasConnections;

    private bool HasTarget => targets.All || _mostTargets > 0 || _hasConnections;

    /// <summary>Reports after a second that there is no target, and later that the last one has ended. Runs until cancelled.</summary>
    public async Task RunAsync(Questions questions, CancellationToken stop)
    {
        bool isSaid = false;
        var time = Stopwatch.StartNew();
        while (!stop.IsCancellationRequested && (!HasTarget || isSaid || CanOnlyShrink))
        {
            int count = await questions.AskAsync(Look, CancellationToken.None).ConfigureAwait(false);
            if (!HasTarget && !isSaid && time.Elapsed >= Patience)
            {
                isSaid = true;
                await notices.SayAsync(Subject, $"{Missing("yet")}; {Listeners()}").ConfigureAwait(false);
            }
            else if (HasTarget && isSaid)
            {
                notices.Withdraw(Subject);
                isSaid = false;
            }
            else if (count == 0 && _mostTargets > 0 && CanOnlyShrink)
            {
                await notices.SayAsync(Subject, $"{ProcessesNamed} ended, and there is no child left to profile").ConfigureAwait(false);
                return;
            }

            await Task.Delay(time.Elapsed < Patience ? FirstPeriod : Period, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Counts the targets. Called by the thread that owns the pipeline, or before that thread starts and after it has ended.
    /// </summary>
    public int Look()
    {
        int count = session.CountTargets();
        _mostTargets = int.Max(_mostTargets, count);
        _hasConnections |= pipeline.Connections > 0 || pipeline.Statistics.MovedBytes > 0;
        return count;
    }

    /// <summary>The reason for a run without an exchange: there was no target, or no HTTP.</summary>
    public string NothingSeen => !HasTarget
        ? $"no target: {Missing("")}"
        : $"no HTTP/1.x seen: {(_mostTargets, targets) switch
        {
            (_, { All: true }) => "every process was a target",
            ( > 1, _) => $"{_mostTargets} processes were targets",
            (1, _) => "1 process was a target",
            (_, { Ports.Count: > 0 }) => $"connections at {Ports} were targets",
            _ => "the targets ended at once",
        }}";

    private bool CanOnlyShrink => targets is { All: false, Names.Count: 0, Cgroups.Count: 0, Ports.Count: 0 };

    private string ProcessesNamed => targets.ProcessIds is [var only] ? $"process {only} has"
        : $"processes {Words.Listed([.. targets.ProcessIds.Select(id => $"{id}")], "and")} have";

    private string Ports => $"port {Words.Listed([.. targets.Ports.Select(port => $"{port}")], "or")}";

    // Such as "no process is named ngnix yet, and no connection has port 81".
    private string Missing(string yet)
    {
        string suffix = yet.Length > 0 ? " " + yet : "";
        List<string> missing = [];
        if (targets.ProcessIds.Count > 0) missing.Add($"{ProcessesNamed} ended");
        if (targets.Names.Count > 0) missing.Add($"no process is named {Words.Listed(targets.Names, "or")}{suffix}");
        if (targets.Cgroups.Count > 0) missing.Add($"no process is in control group {Words.Listed(targets.Cgroups, "or")}{suffix}");
        if (targets.Ports.Count > 0) missing.Add($"no connection has {Ports}{suffix}");
        return string.Join(", and ", missing);
    }

    private static string Listeners()
    {
        // Workers share the socket of their parent, which has the lowest process id.
        var processes = SocketScan.Read().Listeners.Where(listener => listener.ProcessId != Environment.ProcessId)
            .GroupBy(listener => (listener.Namespace, listener.Local)).Select(socket => socket.MinBy(listener => listener.ProcessId))
            .GroupBy(listener => (listener.ProcessId, listener.Name))
            .OrderBy(process => process.Key.ProcessId).ToList();
        if (processes.Count == 0) return "no process listens on a TCP port";
        var shown = processes.Take(MaxListed)
            .Select(process => $"{process.Key.Name} (pid {process.Key.ProcessId}, "
                + $"{PortsOf([.. process.Select(listener => (int)listener.Local.Port).Distinct().Order()])})");
        string more = processes.Count > MaxListed ? $" and {processes.Count - MaxListed} more" : "";
        string count = processes.Count == 1 ? "1 process listens" : $"{processes.Count} processes listen";
        return $"{count} on TCP ports: {string.Join(", ", shown)}{more}";
    }

    private static string PortsOf(int[] ports) =>
        $"{(ports.Length == 1 ? "port" : "ports")} "
            + $"{string.Join(" ", ports.Take(MaxPortsListed))}{(ports.Length > MaxPortsListed ? " ..." : "")}";
}
