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

/// <summary>How exchanges are judged and told.</summary>
/// <param name="Plans">At least one.</param>
/// <param name="MetricsListen">Its end point is null: no metrics endpoint.</param>
internal sealed record ReportSettings(IReadOnlyList<ProfilingPlan> Plans, ListenAddress MetricsListen, OutputMode Output, PrintMode Print,
    SampleSettings Samples)
{
    /// <summary>How to write who called whom, at the end; null: not at all.</summary>
    public TopologyFormat? Topology { get; init; }

    public PageSettings Page { get; init; } = PageSettings.None;

    /// <summary>Masks what is printed of exchanges, which no one task owns.</summary>
    public Redactor Redactor => new(Redaction);

    /// <summary>Masks whatever one of the tasks would.</summary>
    public RedactionPolicy Redaction { get; } = Plans.Select(plan => plan.Redaction).Aggregate((one, other) => one.With(other));

    /// <summary>Request fields that are copied to printed lines: those of all tasks.</summary>
    public IReadOnlyList<string> RequestHeaders { get; } = [.. Plans.SelectMany(plan => plan.RequestHeaders).Distinct()];

    /// <summary>Each task's budget, and that of a whole agent.</summary>
    public int MaxSeries => int.Min(Plans.Sum(plan => plan.MaxSeries), TaskLimits.MaxSeries);

    public int TopN => Plans.Max(plan => plan.TopN);

    /// <summary>The last task ends after this time; null: one has no end.</summary>
    public TimeSpan? Deadline => Plans.Any(plan => plan.Deadline is null) ? null : Plans.Max(plan => plan.Deadline);
}
