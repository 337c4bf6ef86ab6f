using NetProfiler.Capture;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Run;

internal enum OutputMode
{
    Table,
    Json,
    None,
}

internal enum PrintMode
{
    Samples,
    Exchanges,
}

/// <summary>What the command line of <c>netprofiler run</c> asks for.</summary>
/// <param name="MetricsListen">Null: no metrics endpoint.</param>
/// <param name="Duration">Null: until a signal.</param>
internal sealed record RunSettings(
    CaptureTargets Targets,
    CaptureOptions Capture,
    ProfilingPlan Plan,
    TimeSpan? Duration,
    ListenAddress MetricsListen,
    OutputMode Output,
    PrintMode Print);
