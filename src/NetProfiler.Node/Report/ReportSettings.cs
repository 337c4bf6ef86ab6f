using NetProfiler.Node.Run;
using NetProfiler.Node.Samples;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Report;

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

/// <summary>How exchanges are judged and told.</summary>
/// <param name="MetricsListen">Its end point is null: no metrics endpoint.</param>
internal sealed record ReportSettings(ProfilingPlan Plan, ListenAddress MetricsListen, OutputMode Output, PrintMode Print, SampleSettings Samples);
