using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using Prometheus;

namespace NetProfiler.Kubernetes.Events;

/// <summary>Writes events; repeated events become a series.</summary>
public sealed partial class EventRecorder
{
    private const int MaxWaiting = 1000;
    private const int MaxSeries = 1000;
    private const int MaxNoteLength = 1024;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(1);

    /// <summary>Interval at which an ongoing series is written.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(30);

    /// <summary>A series without an event for this long has ended; the next occurrence is a new event.</summary>
    private static readonly TimeSpan SeriesEnd = TimeSpan.FromMinutes(6);

    private readonly IKubernetesClient _client;
    private readonly OperatorSettings _reporting;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Counter _written;
    private readonly Counter _dropped;
    private readonly Channel<Eventsv1Event> _waiting;

    // Used only by the running task.
    private readonly Dictionary<EventKey, EventSeries> _series = [];
    private readonly ObjectBudget _budget;

    public EventRecorder(
        IKubernetesClient client, OperatorSettings reporting, CollectorRegistry metrics, TimeProvider time, ILoggerFactory loggers)
    {
        (_client, _reporting, _time) = (client, reporting, time);
        _logger = loggers.CreateLogger("NetProfiler.Kubernetes.Events");
        _written = metrics.Counter("netprofiler_kubernetes_events_written_total", "Total number of Kubernetes events written.");
        _dropped = metrics.Counter("netprofiler_kubernetes_events_dropped_total",
            "Total number of Kubernetes events dropped, by reason.", "reason");
        _budget = new ObjectBudget(time);
        _waiting = Channel.CreateBounded<Eventsv1Event>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    }

    internal int Waiting => _waiting.Reader.Count;

#pragma warning disable CA1068 // The order of KubeOps' parameters; additional ones follow.
    /// <summary>See <see cref="EventPublisher"/>.</summary>
    public Task PublishAsync(
        IKubernetesObject<V1ObjectMeta> entity, string reason, string message, EventType type = EventType.Normal,
        CancellationToken cancellationToken = default, string? action = null)
#pragma warning restore CA1068
    {
        var metadata = entity.Metadata;
        var now = _time.GetUtcNow();
        var value = new Eventsv1Event
        {
            // Unique, as in Go's recorder: the object's name and the time.
            Metadata = new V1ObjectMeta { Name = $"{metadata.Name}.{Guid.CreateVersion7(now):N}",
                NamespaceProperty = metadata.NamespaceProperty ?? "default" },
            EventTime = MicroTime.Of(now),
            ReportingController = _reporting.Name,
            ReportingInstance = _reporting.Instance,
            Type = type.ToString(),
            Reason = reason,
            Action = action ?? reason,
            Note = message.Length <= MaxNoteLength ? message : string.Concat(message.AsSpan(0, MaxNoteLength - 1), "…"),
            Regarding = new V1ObjectReference
            {
                ApiVersion = entity.ApiVersion,
                Kind = entity.Kind,
                NamespaceProperty = metadata.NamespaceProperty,
                Name = metadata.Name,
                Uid = metadata.Uid,
                ResourceVersion = metadata.ResourceVersion,
            },
        };
        if (!_waiting.Writer.TryWrite(value)) _dropped.WithLabels("queue full").Inc();
        return Task.CompletedTask;
    }

    /// <summary>Runs until cancelled; then writes the queued events within <paramref name="flushTimeout"/>.</summary>
    public async Task RunAsync(TimeSpan flushTimeout, CancellationToken cancellationToken)
    {
        using var sweep = new PeriodicTimer(SweepPeriod, _time);
        using var end = new CancellationTokenSource();
        await using var stop = cancellationToken.Register(() =>
        {
            _waiting.Writer.TryComplete();
            end.CancelAfter(flushTimeout);
        });
        var tick = sweep.WaitForNextTickAsync(CancellationToken.None).AsTask();
        var more = _waiting.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        while (true)
        {
            await Task.WhenAny(tick, more);
            if (tick.IsCompleted)
            {
                await SweepAsync(isLast: false, end.Token);
                tick = sweep.WaitForNextTickAsync(CancellationToken.None).AsTask();
            }
            if (!more.IsCompleted) continue;
            if (!await more) break;

            while (_waiting.Reader.TryRead(out var value)) await RecordAsync(value, end.Token);
            more = _waiting.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        }
        await SweepAsync(isLast: true, end.Token);
    }

    private async Task RecordAsync(Eventsv1Event value, CancellationToken cancellationToken)
    {
        var key = EventKey.Of(value);
        if (_series.TryGetValue(key, out var series) && value.EventTime - series.LastSeen < SeriesEnd)
        {
            series.Count++;
            series.LastSeen = value.EventTime!.Value;
            if (series.Count == 2) await WriteSeriesAsync(series, cancellationToken); // the others with the next heartbeat
            return;
        }
        if (!_budget.TryTake(value.Regarding.Uid ?? value.Regarding.Name))
        {
            _dropped.WithLabels("too many of one object").Inc();
            return;
        }
        if (_series.Count >= MaxSeries) await SweepAsync(isLast: true, cancellationToken);
        _series[key] = new EventSeries(value);
        await WriteAsync(() => _client.CreateAsync(value, cancellationToken), key);
    }

    private async Task SweepAsync(bool isLast, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        foreach (var (key, series) in _series.ToArray())
        {
            var hasEnded = isLast || now - series.LastSeen >= SeriesEnd;
            if (series.Count > series.WrittenCount && (hasEnded || now - series.WrittenAt >= Heartbeat))
                await WriteSeriesAsync(series, cancellationToken);
            if (hasEnded) _series.Remove(key);
        }
    }

    private Task WriteSeriesAsync(EventSeries series, CancellationToken cancellationToken)
    {
        series.WrittenCount = series.Count;
        series.WrittenAt = _time.GetUtcNow().UtcDateTime;
        var metadata = series.Event.Metadata;
        return WriteAsync(() => _client.PatchAsync<Eventsv1Event>(metadata.Name, metadata.NamespaceProperty, series.ToPatch(),
            cancellationToken), EventKey.Of(series.Event));
    }

    private async Task WriteAsync(Func<Task> write, EventKey key)
    {
        try
        {
            await write();
            _written.Inc();
        }
        catch (HttpOperationException exception)
        {
            // A terminating namespace does not accept events, and an old event may have expired; neither is an error.
            _dropped.WithLabels("refused").Inc();
            Log.Refused(_logger, key.Kind, key.Name, key.Reason, exception.Message);
        }
        catch (Exception exception) when (
            exception is HttpRequestException or IOException or TimeoutException or OperationCanceledException or JsonException
                or KubernetesConfigurationException)
        {
            _dropped.WithLabels("connection").Inc();
            Log.Refused(_logger, key.Kind, key.Name, key.Reason, exception.Message);
        }
    }

    private sealed class EventSeries(Eventsv1Event value)
    {
        public Eventsv1Event Event { get; } = value;

        public int Count { get; set; } = 1;

        public DateTime LastSeen { get; set; } = value.EventTime!.Value;

        public int WrittenCount { get; set; } = 1;

        public DateTime WrittenAt { get; set; } = value.EventTime!.Value;

        public JsonObject ToPatch() => new()
        {
            ["series"] = new JsonObject { ["count"] = Count, ["lastObservedTime"] = MicroTime.Text(LastSeen) },
        };
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Failed to write the event {Reason} for {Kind} {Name}: {Why}")]
        public static partial void Refused(ILogger logger, string kind, string name, string reason, string why);
    }
}
