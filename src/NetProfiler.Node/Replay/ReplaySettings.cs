using NetProfiler.Analysis.Events;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Replay;

/// <summary>The options of <c>netprofiler replay</c>.</summary>
/// <param name="Path">"-" for standard input.</param>
/// <param name="Role">For a capture: the end whose view is reported. For a recording: only exchanges in this role are counted; unknown for
/// both roles.</param>
/// <param name="Ports">Empty for any port.</param>
internal sealed record ReplaySettings(string Path, EndpointRole Role, IReadOnlyCollection<int> Ports, ReportSettings Report)
{
    public bool IsStandardInput => Path == "-";

    /// <summary>The name of the input in messages.</summary>
    public string Name => IsStandardInput ? "standard input" : Path;

    /// <summary>
    /// The plan of a task in a replay: it ends with the file, not at its deadline. A capture is viewed from the selected end, so every
    /// exchange counts; a recording has both ends.
    /// </summary>
    public ProfilingPlan PlanOf(ProfilingPlan plan, bool isRecording) =>
        plan with { Deadline = null, Role = !isRecording ? EndpointRole.Unknown : Role != EndpointRole.Unknown ? Role : plan.Role };
}
