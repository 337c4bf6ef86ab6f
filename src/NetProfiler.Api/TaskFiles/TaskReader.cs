using k8s.Models;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Yaml;

namespace NetProfiler.Api.TaskFiles;

/// <summary>The fields of a task, as a table: a field that is not read here is unknown.</summary>
internal static class TaskReader
{
    /// <summary>Null if this is not a task at all, which is reported as a fault.</summary>
    public static NetworkProfilingTask? Read(YamlNode root, FaultCollector faults)
    {
        faults.Place("", root.Mark);
        if (root is not YamlMap map)
        {
            faults.Add("", root.Mark, $"expected a task, got {root.Describe()}");
            return null;
        }

        var isTask = IsGiven("apiVersion", NetworkProfilingTask.ApiVersion) & IsGiven("kind", NetworkProfilingTask.Kind);
        return isTask ? FieldReader.Read(map, "", faults, Task) : null;

        bool IsGiven(string name, string expected)
        {
            var field = map.Fields.FirstOrDefault(field => field.Name == name);
            if (field.Value is YamlScalar scalar && scalar.Text == expected) return true;

            faults.Add(name, field.Value?.Mark ?? map.Mark, $"expected {expected}, got {field.Value?.Describe() ?? "nothing"}");
            return false;
        }
    }

    private static NetworkProfilingTask Task(FieldReader task)
    {
        // The first two have been read already; the last is written by the cluster.
        task.Ignore("apiVersion", "kind", "status");
        return new()
        {
            Metadata = task.Object("metadata", Metadata) ?? new() { Name = "" },
            Spec = task.Object("spec", Spec) ?? new(),
        };
    }

    private static V1ObjectMeta Metadata(FieldReader metadata)
    {
        metadata.Ignore(
            "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers", "generateName", "generation",
            "managedFields", "ownerReferences", "resourceVersion", "selfLink", "uid");
        return new()
        {
            Name = metadata.String("name") ?? "",
            NamespaceProperty = metadata.String("namespace"),
            Labels = metadata.StringMap("labels")?.ToDictionary(),
            Annotations = metadata.StringMap("annotations")?.ToDictionary(),
        };
    }

    private static NetworkProfilingTaskSpec Spec(FieldReader spec) => new()
    {
        Targets = spec.Objects("targets", Target) ?? [],
        NodeSelector = spec.StringMap("nodeSelector") ?? new Dictionary<string, string>(),
        Direction = spec.Choice<TaskDirection>("direction") ?? TaskDefaults.Direction,
        Pairing = spec.Choice<TaskPairing>("pairing") ?? TaskDefaults.Pairing,
        ActiveDeadlineSeconds = spec.Integer("activeDeadlineSeconds") ?? TaskDefaults.ActiveDeadlineSeconds,
        TtlSecondsAfterFinished = spec.Integer("ttlSecondsAfterFinished"),
        Suspend = spec.Boolean("suspend") ?? TaskDefaults.Suspend,
        Sampling = spec.Object("sampling", Sampling) ?? new(),
        Redaction = spec.Object("redaction", Redaction) ?? new(),
        Metrics = spec.Object("metrics", Metrics) ?? new(),
        Tls = spec.Object("tls", Tls) ?? new(),
        ExportRef = spec.Object("exportRef", Exporter),
    };

    private static TaskTarget Target(FieldReader target) => new()
    {
        PodSelector = target.Object("podSelector", Selector),
        WorkloadRef = target.Object("workloadRef", Workload),
        ContainerNames = target.Strings("containerNames") ?? [],
    };

    private static LabelSelector Selector(FieldReader selector) => new()
    {
        MatchLabels = selector.StringMap("matchLabels") ?? new Dictionary<string, string>(),
        MatchExpressions = selector.Objects("matchExpressions", Requirement) ?? [],
    };

    private static LabelSelectorRequirement Requirement(FieldReader requirement) => new()
    {
        Key = requirement.String("key") ?? "",
        Operator = requirement.Choice<LabelSelectorOperator>("operator"),
        Values = requirement.Strings("values") ?? [],
    };

    private static WorkloadReference Workload(FieldReader workload) => new()
    {
        Kind = workload.Choice<WorkloadKind>("kind"),
        Name = workload.String("name") ?? "",
    };

    private static TaskSampling Sampling(FieldReader sampling) => new()
    {
        TopN = sampling.Integer("topN") ?? TaskDefaults.TopN,
        MaxSamplesPerSecond = sampling.Integer("maxSamplesPerSecond") ?? TaskDefaults.MaxSamplesPerSecond,
        Rules = sampling.Objects("rules", Rule) ?? [],
        TraceContexts = sampling.Choices<TaskTraceContext>("traceContexts") ?? [],
        RequestHeaders = sampling.Strings("requestHeaders") ?? [],
    };

    private static TaskSamplingRule Rule(FieldReader rule) => new()
    {
        Name = rule.String("name") ?? "",
        UriRegex = rule.String("uriRegex"),
        MinDurationMilliseconds = rule.Integer("minDurationMilliseconds"),
        Count = rule.Boolean("count") ?? TaskDefaults.Count,
        When4xx = rule.Boolean("when4xx") ?? TaskDefaults.When4xx,
        When5xx = rule.Boolean("when5xx") ?? TaskDefaults.When5xx,
        WhenUnanswered = rule.Boolean("whenUnanswered") ?? false,
        WhenIncomplete = rule.Boolean("whenIncomplete") ?? false,
        Collect = rule.Object("collect", Collect) ?? new(),
    };

    private static TaskCollect Collect(FieldReader collect) => new()
    {
        Request = collect.Choice<CollectedContent>("request") ?? TaskDefaults.CollectedContent,
        Response = collect.Choice<CollectedContent>("response") ?? TaskDefaults.CollectedContent,
        MaxRequestBytes = collect.Integer("maxRequestBytes") ?? TaskDefaults.MaxMessageBytes,
        MaxResponseBytes = collect.Integer("maxResponseBytes") ?? TaskDefaults.MaxMessageBytes,
    };

    private static TaskRedaction Redaction(FieldReader redaction) => new()
    {
        Headers = redaction.Strings("headers") ?? TaskDefaults.RedactedHeaders,
        QueryParameters = redaction.Choice<QueryParameterRedaction>("queryParameters") ?? TaskDefaults.QueryParameters,
    };

    private static TaskMetrics Metrics(FieldReader metrics) => new()
    {
        Enabled = metrics.Boolean("enabled") ?? TaskDefaults.MetricsEnabled,
        MaxSeries = metrics.Integer("maxSeries") ?? TaskDefaults.MaxSeries,
    };

    private static TaskTls Tls(FieldReader tls) => new() { Enabled = tls.Boolean("enabled") ?? TaskDefaults.TlsEnabled };

    private static ExporterReference Exporter(FieldReader exporter) => new() { Name = exporter.String("name") ?? "" };
}
