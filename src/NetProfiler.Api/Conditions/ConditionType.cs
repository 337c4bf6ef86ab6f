using NetProfiler.Api.Exporters;

namespace NetProfiler.Api.Conditions;

/// <summary>The types of a task's conditions.</summary>
public static class ConditionType
{
    public const string Accepted = "Accepted";
    public const string TargetsFound = "TargetsFound";
    public const string Programmed = "Programmed";
    public const string Capturing = "Capturing";
    public const string Degraded = "Degraded";
    public const string Suspended = "Suspended";

    /// <summary>Of a task that requests it: whether every node reads TLS.</summary>
    public const string TlsRead = "TLSRead";

    /// <summary>Of a task whose samples go to collectors: whether these take them.</summary>
    public const string Exporting = "Exporting";

    /// <summary>Either this or <see cref="Failed"/> becomes true when the task is over, and stays true.</summary>
    public const string Complete = "Complete";

    public const string Failed = "Failed";

    /// <summary>Condition of a node's configuration, set by its agent.</summary>
    public const string AgentReady = "AgentReady";
}

public static class ConditionReason
{
    public const string Accepted = "Accepted";
    public const string InvalidSampling = "InvalidSampling";
    public const string InvalidSelector = "InvalidSelector";
    public const string InvalidSpec = "InvalidSpec";

    /// <summary>An immutable field was changed, which API servers before Kubernetes 1.25 accept.</summary>
    public const string ImmutableFieldChanged = "ImmutableFieldChanged";

    /// <summary>The task exceeds the administrator's limits for its namespace.</summary>
    public const string LimitExceeded = "LimitExceeded";

    /// <summary>The namespace's task quota is used up; the task waits.</summary>
    public const string NamespaceQuotaExceeded = "NamespaceQuotaExceeded";

    /// <summary>Used for a task before its start and, by an agent, for a running task.</summary>
    public const string ExporterNotFound = NamedExporters.NotFound;

    public const string QuotaExceeded = "QuotaExceeded";

    public const string TargetsFound = "TargetsFound";
    public const string NoMatchingPods = "NoMatchingPods";
    public const string PodsNotRunning = "PodsNotRunning";
    public const string ContainerNotFound = "ContainerNotFound";

    /// <summary>Every captured container has ended, such as those of a Job.</summary>
    public const string TargetsEnded = "TargetsEnded";
    public const string NodeSelectorExcludesAll = "NodeSelectorExcludesAll";

    public const string Programmed = "Programmed";
    public const string NoTargets = "NoTargets";
    public const string WaitingForNodes = "WaitingForNodes";
    public const string NodeFailed = "NodeFailed";
    public const string AgentNotReady = "AgentNotReady";

    public const string Capturing = "Capturing";
    public const string NotStarted = "NotStarted";
    public const string AllNodesFailed = "AllNodesFailed";
    public const string Finished = "Finished";
    public const string Suspended = "Suspended";
    public const string Resumed = "Resumed";

    public const string AsExpected = "AsExpected";
    public const string NodesFailed = "NodesFailed";
    public const string NodesUnreachable = "NodesUnreachable";
    /// <summary>Set by an agent: the search for a rule's pattern costs too much.</summary>
    public const string RuleSwitchedOff = "RuleSwitchedOff";

    public const string TargetsLimited = "TargetsLimited";
    public const string Exporting = "Exporting";

    /// <summary>A collector does not take the samples of a node.</summary>
    public const string CollectorFailing = "CollectorFailing";

    /// <summary>A node cannot read TLS, which a task requests.</summary>
    public const string TlsNotSupported = "TLSNotSupported";

    public const string TlsRead = "TLSRead";

    public const string EventsLost = "EventsLost";
    public const string Interrupted = "Interrupted";
    public const string ResultsMissing = "ResultsMissing";

    public const string DeadlineReached = "DeadlineReached";
    public const string NodeUnreachable = "NodeUnreachable";
}
