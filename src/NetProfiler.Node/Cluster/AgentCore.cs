using System.Text.Json;
using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Api;
using NetProfiler.Api.Exporters;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Results;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Node.Run;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// What the agent of a node does: reads the node's configuration, captures what it says and as long as it says, and reports. Computed anew
/// each time from what the configuration says and what there is: whatever was missed, the next look makes good.
/// </summary>
internal sealed partial class AgentCore
{
    private const string ReadyCondition = "AgentReady";
    private const int MaxMessageLength = 1024;

    /// <summary>Containers that are missing, deadlines and processes without a control group's id are looked after this often.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    /// <summary>Changes that come together are one.</summary>
    private static readonly TimeSpan CoalescingPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Without a look for so long it hangs.</summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(2);

    private readonly string _node;
    private readonly string _namespace;
    private readonly Informer<NodeProfilingConfig> _configs;
    private readonly NodeTasks _tasks;
    private readonly NodeCapture _capture;
    private readonly AgentLoop _loop;
    private readonly ExchangeObserver _observer;
    private readonly SwitchedKernel _kernel;
    private readonly SampleStore _samples;
    private readonly StatusWriter _writer;
    private readonly NodeAgent _agent;
    private readonly NamedExporters _exporters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Signal _changed = new();
    private readonly Dictionary<ProfilingPlan, Redactor> _redactors = new(ReferenceEqualityComparer.Instance);

    private IReadOnlyList<ProfilingPlan> _plans = [];
    private DateTimeOffset _nextReport;
    private string _reportedStates = "";
    private V1Condition? _ready;
    private long _looked;
    private volatile IReadOnlyList<AssignedTarget> _targets = [];

    public AgentCore(
        IKubernetesClient client, string node, string @namespace, NodeAgent agent, NamedExporters exporters, NodeCapture capture, AgentLoop loop,
        ExchangeObserver observer, SwitchedKernel kernel, SampleStore samples, MetricsRegistry metrics, TimeProvider time, ILoggerFactory loggers)
    {
        (_node, _namespace, _agent, _exporters) = (node, @namespace, agent, exporters);
        (_capture, _loop, _observer, _kernel, _samples, _time) = (capture, loop, observer, kernel, samples, time);
        _logger = loggers.CreateLogger("NetProfiler.Node");
        _tasks = new(time);
        _writer = new(client, metrics, time, _logger);
        _configs = new(client, new() { Namespace = @namespace, FieldSelector = $"metadata.name={node}" }, metrics, time, loggers);
        _configs.AddHandler(_ => _changed.Set());
        _looked = time.GetTimestamp();
        metrics.Gauge("netprofiler_agent_capturing", "1: the kernel side is attached.").Observe(() => _capture.IsRunning ? 1 : 0);
        var targets = metrics.Gauge("netprofiler_agent_targets", "Containers of tasks, by whether they are captured.", null, "state");
        targets.Observe(() => _targets.Count(target => target.IsCaptured), "attached");
        targets.Observe(() => _targets.Count(target => !target.IsCaptured), "missing");
    }

    /// <summary>One container of one task, for those who tell of it.</summary>
    internal sealed record AssignedTarget(string TaskNamespace, string TaskName, ContainerIdentity Container, bool IsCaptured);

    /// <summary>The containers of tasks that have time.</summary>
    public IReadOnlyList<AssignedTarget> Targets => _targets;

    /// <summary>Null: the configuration was read, or that there is none.</summary>
    public string? ReadinessFault => _configs.HasSynced ? null : $"{NodeProfilingConfig.Plural} not listed yet";

    /// <summary>Null: it looks, and hears of the configuration.</summary>
    public string? LivenessFault =>
        _time.GetElapsedTime(Volatile.Read(ref _looked)) > MaxSilence ? "the agent hangs"
            : !_configs.IsHealthy ? $"hanging: {NodeProfilingConfig.Plural}"
            : _loop.Ended.IsFaulted ? "the capture thread ended"
            : null;

    /// <summary>Works until <paramref name="stop"/>; then it detaches, and says so. Ends early when the capture thread does, with its fault.</summary>
    public async Task RunAsync(TimeSpan patience, CancellationToken stop)
    {
        using var end = new CancellationTokenSource();
        var watching = _configs.RunAsync(end.Token);
        var writing = _writer.RunAsync(end.Token);
        try
        {
            await _configs.WaitForSyncAsync(stop).ConfigureAwait(false);
            while (!stop.IsCancellationRequested && !_loop.Ended.IsCompleted)
            {
                await LookAsync().ConfigureAwait(false);
                if (await _changed.WaitAsync(UntilNext(), stop).ConfigureAwait(false)) await Task.Delay(CoalescingPause, stop).ConfigureAwait(false);
                _changed.Clear();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The orderly end.
        }

        if (_loop.Ended.IsFaulted) await _loop.Ended.ConfigureAwait(false);
        await _capture.StopAsync().ConfigureAwait(false);
        await ReportAsync(isStopping: true).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        await WriteLastAsync(patience).ConfigureAwait(false);
        await watching.ConfigureAwait(false);
    }

    // At a deadline neither late nor early.
    private TimeSpan UntilNext()
    {
        var now = _time.GetUtcNow();
        var next = _tasks.All.Where(task => task.IsDue).Select(task => task.EndsAt - now).Append(LookPeriod).Min();
        return next < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : next;
    }

    private async Task LookAsync()
    {
        Volatile.Write(ref _looked, _time.GetTimestamp());
        var config = _configs.Lister.Get(_namespace, _node);
        await SetSharesAsync(config).ConfigureAwait(false);
        foreach (var task in _tasks.All) task.Look();

        var due = _tasks.All.Where(task => task.IsDue).ToList();
        var wanted = new HashSet<ContainerIdentity>(due.SelectMany(task => task.Containers), ReferenceEqualityComparer.Instance);
        if (wanted.Count == 0)
        {
            await _capture.StopAsync().ConfigureAwait(false);
        }
        else if (_capture.MayStart)
        {
            // It takes a second: somebody may wait for a word.
            SetStates();
            if (config is not null && StatesHaveChanged()) await ReportAsync(isStopping: false).ConfigureAwait(false);
            await _capture.StartAsync().ConfigureAwait(false);
        }

        _capture.Set(wanted);
        await SetTasksAsync().ConfigureAwait(false);
        SetStates();
        _targets = [.. due.SelectMany(task => task.Containers.Select(container => new AssignedTarget(task.Share.Namespace, task.Share.Name, container, task.Captured.Contains(container))))];

        if (config is null) return;
        if (!StatesHaveChanged() && _time.GetUtcNow() < _nextReport) return;
        await ReportAsync(isStopping: false).ConfigureAwait(false);
    }

    private async Task SetSharesAsync(NodeProfilingConfig? config)
    {
        var shares = config?.Spec.Tasks ?? [];
        // What leaves is remembered as it is now: it may come back, as when somebody deletes the configuration.
        if (_tasks.All.Any(task => shares.All(share => share.Uid != task.Uid || !TaskPlan.HasSameRules(share, task.Share))))
            _ = await TakeReportsAsync(isStopping: false).ConfigureAwait(false);
        _tasks.Set(shares, config?.Status?.Tasks ?? []);
    }

    private async Task SetTasksAsync()
    {
        bool areCapturedSame = true;
        foreach (var task in _tasks.All)
        {
            IReadOnlyList<ContainerIdentity> captured = task.IsDue ? [.. task.Containers.Where(_capture.Has)] : [];
            areCapturedSame &= captured.SequenceEqual(task.Captured, ReferenceEqualityComparer.Instance);
            task.Captured = captured;
        }

        var tasks = _tasks.All.Where(task => task.Plan is not null).ToList();
        IReadOnlyList<ProfilingPlan> plans = [.. tasks.Select(task => task.Plan!)];
        bool isSame = plans.SequenceEqual(_plans, ReferenceEqualityComparer.Instance);
        if (isSame && areCapturedSame) return;

        await _loop.AskAfterAllAsync(() =>
        {
            foreach (var task in _tasks.All)
            {
                task.CountLost(task.Captured.Count > 0, _kernel.LostEvents);
                task.Plan?.Containers!.Set(task.Captured);
            }

            if (!isSame) _observer.SetTasks(plans);
            else _observer.HoldWhatIsWanted();
            _observer.Metrics.MaxSeries = int.Min(tasks.Sum(task => task.Plan!.MaxSeries), TaskLimits.MaxSeries);
            return true;
        }).ConfigureAwait(false);

        if (isSame) return;
        _plans = plans;
        foreach (var gone in _redactors.Keys.Where(plan => !plans.Contains(plan)).ToList()) _redactors.Remove(gone);
        foreach (var plan in plans) _redactors.TryAdd(plan, new Redactor(plan.Redaction));
        _samples.Retain(tasks.Select(task => task.Name).ToHashSet());
    }

    private void SetStates()
    {
        foreach (var task in _tasks.All)
        {
            (task.State, task.Reason, task.Message) = StateOf(task);
            if (task.State == NodeTaskState.Capturing) task.StartTime ??= WholeSeconds(_time.GetUtcNow());
        }
    }

    private (NodeTaskState State, string? Reason, string? Message) StateOf(AssignedTask task)
    {
        if (task.Fault is { } fault) return (NodeTaskState.Failed, fault.Reason, fault.Message);
        if (!task.IsDue) return (NodeTaskState.Finished, null, null);
        if (_capture.Fault is { } reason) return (NodeTaskState.Failed, "CannotProfile", reason);
        if (!_capture.IsRunning) return (NodeTaskState.Attaching, null, null);

        int missing = task.Containers.Count - task.Captured.Count;
        var state = task.Captured.Count > 0 ? NodeTaskState.Capturing : NodeTaskState.Attaching;
        if (missing == 0) return ExportFaultOf(task) is { } unknown ? (state, NamedExporters.NotFound, unknown) : (state, null, null);
        var first = task.Containers.First(container => !task.Captured.Contains(container));
        return (state, "TargetsNotFound",
            $"{missing} of {task.Containers.Count} containers have no control group here, such as {first.Name} of pod {first.PodName}, {first.Id}: has it ended, or are the node's control groups not mounted?");
    }

    // The operator knew the exporter: it has another file of them, or this agent was not started again since it changed.
    private string? ExportFaultOf(AssignedTask task) =>
        task.Share.ExportRef is { } wanted && _exporters.FaultOf(wanted.Name) is { } fault ? $"{fault}; samples go into the status alone" : null;

    private bool StatesHaveChanged()
    {
        string states = string.Join('\n', _tasks.All.Select(task =>
            $"{task.Uid} {task.Share.Generation} {task.State} {task.Reason} {task.Message} {task.Containers.Count} {task.Captured.Count}").Append(_capture.Fault)
            .Append($"{_configs.Lister.Get(_namespace, _node)?.Metadata.Generation}"));
        bool haveChanged = states != _reportedStates;
        _reportedStates = states;
        return haveChanged;
    }

    private async Task ReportAsync(bool isStopping)
    {
        if (_configs.Lister.Get(_namespace, _node) is not { } config) return;
        // Not all nodes at the same moment.
        _nextReport = _time.GetUtcNow() + TimeSpan.FromSeconds(config.Spec.Reporting.PeriodSeconds) * (0.9 + 0.2 * Random.Shared.NextDouble());

        var reports = await TakeReportsAsync(isStopping).ConfigureAwait(false);
        _ready = Ready(config);
        _writer.Offer(new NodeProfilingConfig
        {
            Metadata = new() { Name = _node, NamespaceProperty = _namespace, Uid = config.Metadata.Uid },
            Status = new NodeProfilingConfigStatus { ObservedGeneration = config.Metadata.Generation ?? 0, Agent = _agent, Conditions = [_ready], Tasks = reports },
        });
    }

    private async Task<IReadOnlyList<NodeTaskStatus>> TakeReportsAsync(bool isStopping)
    {
        long stored = _samples.Position;
        var (found, wallOffset) = await _loop.AskAfterAllAsync(() =>
        {
            foreach (var task in _tasks.All) task.CountLost(task.Captured.Count > 0, _kernel.LostEvents);
            return (Find(), _observer.WallOffsetNanoseconds);
        }).ConfigureAwait(false);

        foreach (var task in _tasks.All)
        {
            task.Reported = ReportOf(task, found, wallOffset, isStopping);
            _samples.Keep(task.Name, Listed(task.Reported).ToHashSet(), stored);
        }

        return [.. _tasks.All.Select(task => task.Reported!)];
    }

    // Ring-buffer thread.
    private Dictionary<ProfilingPlan, TaskSnapshot> Find()
    {
        var found = new Dictionary<ProfilingPlan, TaskSnapshot>(ReferenceEqualityComparer.Instance);
        foreach (var task in _observer.Tasks.All) found[task.Plan] = TaskSnapshot.Of(task);
        return found;
    }

    private NodeTaskStatus ReportOf(AssignedTask task, Dictionary<ProfilingPlan, TaskSnapshot> found, long wallOffset, bool isStopping)
    {
        bool isAtWork = task.State is NodeTaskState.Capturing or NodeTaskState.Attaching;
        var results = task.Plan is { } plan && found.TryGetValue(plan, out var snapshot)
            ? TaskReport.Of(task.Earlier, snapshot, task.LostEvents, plan, _redactors[plan], wallOffset)
            : task.Earlier ?? new();
        var report = StatusSize.Bound(results with
        {
            Uid = task.Uid,
            Generation = task.Share.Generation,
            State = isStopping && isAtWork ? NodeTaskState.Pending : task.State,
            Reason = isStopping && isAtWork ? "AgentStopped" : task.Reason,
            Message = isStopping && isAtWork ? "the agent was stopped, and goes on when it is started again" : Cut(task.Message),
            StartTime = task.StartTime,
            Targets = new() { Requested = task.Containers.Count, Attached = isStopping ? 0 : task.Captured.Count, Missing = task.IsDue ? task.Containers.Count - task.Captured.Count : 0 },
            ResultsTime = task.Reported?.ResultsTime,
        }, _tasks.All.Count);

        // Nothing new is nothing to tell.
        bool isNew = report.ResultsTime is null || !Bytes(report).AsSpan().SequenceEqual(Bytes(task.Reported!));
        return isNew && task.StartTime is not null ? report with { ResultsTime = WholeSeconds(_time.GetUtcNow()) } : report;
    }

    private V1Condition Ready(NodeProfilingConfig config)
    {
        var (status, reason, message) = _capture.Fault is { } fault ? ("False", "CannotProfile", fault) : ("True", "Ready", "the node can be profiled");
        var before = _ready ?? config.Status?.Conditions.FirstOrDefault(condition => condition.Type == ReadyCondition);
        return new V1Condition
        {
            Type = ReadyCondition,
            Status = status,
            Reason = reason,
            Message = Cut(message)!,
            LastTransitionTime = before?.Status == status ? before.LastTransitionTime : WholeSeconds(_time.GetUtcNow()).UtcDateTime,
        };
    }

    private async Task WriteLastAsync(TimeSpan patience)
    {
        using var end = new CancellationTokenSource(patience, _time);
        try
        {
            while (!await _writer.TryWriteAsync(end.Token).ConfigureAwait(false)) await Task.Delay(LookPeriod, _time, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            LogNotTold();
        }
    }

    private static IEnumerable<string> Listed(NodeTaskStatus report) =>
        report.TopTraces.Slow.Concat(report.TopTraces.ClientErrors).Concat(report.TopTraces.ServerErrors).Select(trace => trace.SampleId);

    private static byte[] Bytes(NodeTaskStatus report) => JsonSerializer.SerializeToUtf8Bytes(report, ApiJson.Default.NodeTaskStatus);

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private static string? Cut(string? text) => text is null || text.Length <= MaxMessageLength ? text : text[..MaxMessageLength];

    [LoggerMessage(LogLevel.Warning, "The last status could not be written: the API server is away")]
    private partial void LogNotTold();
}
