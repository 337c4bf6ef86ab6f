using System.Diagnostics;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Sampling.Patterns;
using NetProfiler.Analysis.Traces;
using NetProfiler.Api.Resources;

namespace NetProfiler.Node.Tasks;

/// <summary>The settings of a task, in the types of the analysis.</summary>
/// <param name="Role">Count only exchanges in which the process has this role; unknown for both roles.</param>
/// <param name="Deadline">The task ends after this time. Null if it has no end.</param>
internal sealed record ProfilingPlan(RuleSet Rules, EndpointRole Role, int MaxSeries, int TopN, TimeSpan? Deadline)
{
    private const int DefaultTopN = 10;

    /// <summary>The task's name. Null if there is no task.</summary>
    public string? Task { get; init; }

    /// <summary>The containers that the task applies to. Null for everything that is captured.</summary>
    public TaskContainers? Containers { get; init; }

    /// <summary>Whether exchanges whose pairing is only assumed are left out.</summary>
    public bool IsProvenOnly { get; init; }

    /// <summary>Whether the task is about exchanges inside TLS, too, as far as TLS is read.</summary>
    public bool ReadsTls { get; init; } = true;

    /// <summary>The name of the exporter for the samples. Null for the exporters of the command line.</summary>
    public string? Exporter { get; init; }

    /// <summary>Request fields that are copied to samples and lines, in lower case.</summary>
    public IReadOnlyList<string> RequestHeaders { get; init; } = [];

    /// <summary>Limit for a whole agent.</summary>
    public int MaxSamplesPerSecond { get; init; } = TaskLimits.MaxSamplesPerSecond;

    // One per process, so that equal secrets have equal masks in all output of one day.
    private static readonly Masker ProcessMasker = Masker.WithRandomKey(TimeProvider.System);

    /// <summary>What is masked in everything that leaves the process.</summary>
    public RedactionPolicy Redaction { get; init; } = new(SecretNames.Default, ProcessMasker);

    /// <summary>Reads the trace context of a request.</summary>
    public TraceContextReader Traces { get; init; } = TraceContextReader.Default;

    /// <summary>Whether the task applies to exchanges of this connection.</summary>
    public bool IsAbout(ConnectionIdentity connection) =>
        (Role == EndpointRole.Unknown || connection.Role == Role) && Has(connection);

    /// <summary>
    /// Whether messages of a connection that could not be read are counted for the task: the connection's role may be unknown.
    /// </summary>
    public bool IsAboutUnread(ConnectionIdentity connection) =>
        (Role == EndpointRole.Unknown || connection.Role is EndpointRole.Unknown || connection.Role == Role) && Has(connection);

    /// <summary>Whether a TLS connection is the task's: who opened it says its role.</summary>
    public bool IsAboutTls(ConnectionIdentity connection) =>
        (Role == EndpointRole.Unknown || connection.Side is EndpointRole.Unknown || connection.Side == Role) && Has(connection);

    private bool Has(ConnectionIdentity connection) =>
        (ReadsTls || connection.Tls is null) && (Containers is null || Containers.Contains(connection.Process.Container));

    // Without a task file, the user profiles a local machine and needs the requests; their secrets are masked in any case.
    private static readonly ContentPolicy DefaultContent =
        new(Analysis.Sampling.CollectedContent.Full, Analysis.Sampling.CollectedContent.Full, ContentPolicy.DefaultMaxMessageBytes,
            ContentPolicy.DefaultMaxMessageBytes);

    /// <summary>The plan without a task file.</summary>
    public static ProfilingPlan Default { get; } =
        new(new RuleSet([SamplingRule.Default with { Content = DefaultContent }]), EndpointRole.Unknown, ExchangeMetrics.DefaultMaxSeries,
            DefaultTopN, null);

    public static ProfilingPlan Of(NetworkProfilingTaskSpec spec) => new(
        new RuleSet(spec.Sampling.Rules.Select(RuleOf)),
        spec.Direction switch
        {
            TaskDirection.Server => EndpointRole.Server,
            TaskDirection.Client => EndpointRole.Client,
            _ => EndpointRole.Unknown,
        },
        spec.Metrics.Enabled ? spec.Metrics.MaxSeries : 0,
        spec.Sampling.TopN,
        TimeSpan.FromSeconds(spec.ActiveDeadlineSeconds))
    {
        IsProvenOnly = spec.Pairing == TaskPairing.Proven,
        ReadsTls = spec.Tls.Enabled,
        Redaction = new RedactionPolicy(new SecretNames(spec.Redaction.Headers), ProcessMasker, QueryOf(spec.Redaction.QueryParameters)),
        MaxSamplesPerSecond = spec.Sampling.MaxSamplesPerSecond,
        RequestHeaders = spec.Sampling.RequestHeaders,
        Traces = spec.Sampling.TraceContexts.Count == 0 ? TraceContextReader.Default
            : new TraceContextReader([.. spec.Sampling.TraceContexts.Select(Of)]),
    };

    private static TraceFormat Of(TaskTraceContext context) => context switch
    {
        TaskTraceContext.W3C => TraceFormat.W3C,
        TaskTraceContext.SkyWalking => TraceFormat.SkyWalking,
        TaskTraceContext.B3 => TraceFormat.B3Single,
        TaskTraceContext.B3Multi => TraceFormat.B3Multi,
        _ => throw new UnreachableException(),
    };

    // Keeping the query keeps only what is not secret.
    private static QueryRedaction QueryOf(QueryParameterRedaction parameters) => parameters switch
    {
        QueryParameterRedaction.Keep => QueryRedaction.Secrets,
        QueryParameterRedaction.Drop => QueryRedaction.Drop,
        _ => QueryRedaction.Values,
    };

    private static SamplingRule RuleOf(TaskSamplingRule rule) => new(
        rule.Name,
        rule.IsDefault ? null : new PathPattern(rule.UriRegex!),
        rule.MinDurationMilliseconds * 1_000_000L,
        rule.When4xx,
        rule.When5xx)
    {
        IsCounted = rule.Count,
        WhenUnanswered = rule.WhenUnanswered,
        WhenIncomplete = rule.WhenIncomplete,
        Content = new ContentPolicy(Of(rule.Collect.Request), Of(rule.Collect.Response), rule.Collect.MaxRequestBytes,
            rule.Collect.MaxResponseBytes),
    };

    private static Analysis.Sampling.CollectedContent Of(Api.Resources.CollectedContent content) => content switch
    {
        Api.Resources.CollectedContent.Full => Analysis.Sampling.CollectedContent.Full,
        Api.Resources.CollectedContent.Headers => Analysis.Sampling.CollectedContent.Headers,
        _ => Analysis.Sampling.CollectedContent.None,
    };
}
