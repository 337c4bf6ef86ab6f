using NetProfiler.Capture;
using NetProfiler.Node.Settings;

namespace NetProfiler.Node.Run;

/// <summary>What the command line of <c>netprofiler run</c> asks for.</summary>
/// <param name="Duration">Null: until a signal.</param>
/// <param name="RecordPath">Null: nothing is recorded.</param>
internal sealed record RunSettings(CaptureTargets Targets, CaptureOptions Capture, ReportSettings Report, TimeSpan? Duration,
    string? RecordPath);
