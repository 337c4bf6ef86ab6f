using NetProfiler.Capture;
using NetProfiler.Node.Settings;

namespace NetProfiler.Node.Run;

/// <summary>The options of <c>netprofiler run</c>.</summary>
/// <param name="Duration">Null to run until a signal.</param>
/// <param name="RecordPath">Null if nothing is recorded.</param>
internal sealed record RunSettings(CaptureTargets Targets, CaptureOptions Capture, ReportSettings Report, TimeSpan? Duration,
    string? RecordPath);
