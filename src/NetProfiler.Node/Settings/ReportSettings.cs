using NetProfiler.Analysis.Redaction;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Tasks;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Settings;

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

/// <summary>How exchanges are evaluated and reported.</summary>
/// <param name="Plans">At least one.</param>
/// <param name="MetricsListen">Its end point is null if there is no metrics endpoint.</param>
internal sealed record ReportSettings(IReadOnlyList<ProfilingPlan> Plans, ListenAddress MetricsListen, OutputMode Output, PrintMode Print,
    SampleSettings Samples)
{
    /// <summary>The format of the topology that is written at the end. Null if it is not written.</summary>
    public TopologyFormat? Topology { get; init; }

    public PageSettings Page { get; init; } = PageSettings.None;

    /// <summary>The same settings for tasks that read TLS.</summary>
    public ReportSettings WithTls() => this with { Plans = [.. Plans.Select(plan => plan with { ReadsTls = true })] };

    /// <summary>Masks printed exchanges, which do not belong to a single task.</summary>
    public Redactor Redactor => new(Redaction);

    /// <summary>Masks everything that any of the tasks masks.</summary>
    public RedactionPolicy Redaction { get; } = Plans.Select(plan => plan.Redaction).Aggregate((one, other) => one.With(other));

    /// <summary>Request fields that are copied to printed lines: the union over all tasks.</summary>
    public IReadOnlyList<string> RequestHeaders { get; } = [.. Plans.SelectMany(plan => plan.RequestHeaders).Distinct()];

    /// <summary>The sum of the tasks' limits, but at most the limit of a whole agent.</summary>
    public int MaxSeries => int.Min(Plans.Sum(plan => plan.MaxSeries), TaskLimits.MaxSeries);

    public int TopN => Plans.Max(plan => plan.TopN);

    /// <summary>Time after which the last task ends. Null if any task has no end.</summary>
    public TimeSpan? Deadline => Plans.Any(plan => plan.Deadline is null) ? null : Plans.Max(plan => plan.Deadline);
}
