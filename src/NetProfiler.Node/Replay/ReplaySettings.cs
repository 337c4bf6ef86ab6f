using NetProfiler.Analysis.Events;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Replay;

/// <summary>What the command line of <c>netprofiler replay</c> asks for.</summary>
/// <param name="Path">"-": standard input.</param>
/// <param name="Role">Of a capture: which end to look from. Of a recording: count only exchanges in this role; unknown: in either.</param>
/// <param name="Ports">Empty: whatever the ports.</param>
internal sealed record ReplaySettings(string Path, EndpointRole Role, IReadOnlyCollection<int> Ports, ReportSettings Report)
{
    public bool IsStandardInput => Path == "-";

    /// <summary>As messages call it.</summary>
    public string Name => IsStandardInput ? "standard input" : Path;

    /// <summary>
    /// A task as a replay has it: it ends with the file, not by its deadline. A capture is seen from the end that was asked for, so every
    /// exchange counts; a recording has both ends.
    /// </summary>
    public ProfilingPlan PlanOf(ProfilingPlan plan, bool isRecording) =>
        plan with { Deadline = null, Role = !isRecording ? EndpointRole.Unknown : Role != EndpointRole.Unknown ? Role : plan.Role };
}
