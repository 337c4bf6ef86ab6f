using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Events;
using NetProfiler.Kubernetes.Tests.Support;
using Prometheus;

namespace NetProfiler.Kubernetes.Tests.Events;

public sealed class EventRecorderTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly MemoryClient _server = new();
    private readonly CollectorRegistry _metrics = Prometheus.Metrics.NewCustomRegistry();
    private readonly CancellationTokenSource _stop = new();
    private readonly EventRecorder _recorder;
    private Task _run = Task.CompletedTask;

    public EventRecorderTests() =>
        _recorder = new EventRecorder(_server, new() { Name = "netprofiler.dev/operator", Instance = "pod-1" }, _metrics, _time,
            NullLoggerFactory.Instance);

    [Fact]
    public async Task An_event_says_what_happened_to_which_object()
    {
        Start();
        Publish("Started");
        await Eventually.True(() => Written == 1);

        var value = Assert.Single(_server.All<Eventsv1Event>());
        Assert.Equal("shop", value.Metadata.NamespaceProperty);
        Assert.Equal("example.dev/v1alpha1", value.Regarding.ApiVersion);
        Assert.Equal(("Widget", "cart", "u"), (value.Regarding.Kind, value.Regarding.Name, value.Regarding.Uid));
        Assert.Equal(("netprofiler.dev/operator", "pod-1"), (value.ReportingController, value.ReportingInstance));
        Assert.Equal(("Started", "Start", "It began.", "Normal"), (value.Reason, value.Action, value.Note, value.Type));
        Assert.Equal(MicroTime.Of(_time.GetUtcNow()), value.EventTime);
        Assert.Null(value.Series);
    }

    [Fact]
    public async Task An_event_of_something_without_a_namespace_is_in_the_default_one()
    {
        Start();
        await _recorder.PublishAsync(Node, "Lost", "gone", EventType.Warning, action: "Observe");
        await Eventually.True(() => Written == 1);
        Assert.Equal("default", Assert.Single(_server.All<Eventsv1Event>()).Metadata.NamespaceProperty);
    }

    [Fact]
    public async Task The_same_again_becomes_a_series_of_two_writes_and_a_last_one()
    {
        Start();
        for (var i = 0; i < 50; i++) Publish("Started");
        await Eventually.True(() => Written == 2);
        Assert.Equal(2, Assert.Single(_server.All<Eventsv1Event>()).Series!.Count);

        await _time.AdvanceAsync(TimeSpan.FromMinutes(7.1));
        await Eventually.True(() => Written == 3);
        Assert.Equal(50, Assert.Single(_server.All<Eventsv1Event>()).Series!.Count);

        Publish("Started");
        await Eventually.True(() => _server.All<Eventsv1Event>().Count == 2);
    }

    [Fact]
    public async Task A_series_that_goes_on_is_written_every_half_hour()
    {
        Start();
        for (var minute = 0; minute < 40; minute++)
        {
            Publish("Started");
            await Eventually.True(() => _recorder.Waiting == 0);
            await _time.AdvanceAsync(TimeSpan.FromMinutes(1));
        }
        await Eventually.True(() => Written == 3);
        Assert.InRange(Assert.Single(_server.All<Eventsv1Event>()).Series!.Count, 29, 33);
    }

    [Fact]
    public async Task One_object_that_goes_wild_is_held_back_and_hides_no_others()
    {
        Start();
        for (var i = 0; i < 40; i++) Publish("Reason" + i);
        await _recorder.PublishAsync(Node, "Seen", "here", action: "Observe");
        await Eventually.True(() => Written == 26);
        Assert.Equal(15, Dropped("too many of one object"));
    }

    [Fact]
    public void A_full_queue_drops_and_counts_and_nobody_waits()
    {
        for (var i = 0; i < 1010; i++) Publish("Started");
        Assert.Equal(10, Dropped("queue full"));
    }

    [Fact]
    public async Task A_refusal_is_counted_and_the_next_event_is_written()
    {
        var isFirst = true;
        _server.Before = (_, _) =>
        {
            if (!isFirst) return Task.CompletedTask;
            isFirst = false;
            throw MemoryClient.Refusal(403, "Forbidden");
        };
        Start();
        Publish("One");
        Publish("Two");
        await Eventually.True(() => Written == 1);
        Assert.Equal(1, Dropped("refused"));
    }

    [Fact]
    public async Task What_waits_at_the_end_is_written()
    {
        for (var i = 0; i < 5; i++) Publish("Started");
        await _stop.CancelAsync();
        await _recorder.RunAsync(TimeSpan.FromSeconds(30), _stop.Token).Within();
        Assert.Equal(5, Assert.Single(_server.All<Eventsv1Event>()).Series!.Count);
    }

    [Fact]
    public async Task A_long_note_is_cut()
    {
        Start();
        await _recorder.PublishAsync(Cart(), "Started", new string('x', 5000), action: "Start");
        await Eventually.True(() => Written == 1);
        Assert.Equal(1024, Assert.Single(_server.All<Eventsv1Event>()).Note.Length);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.Within();
        _stop.Dispose();
    }

    private static Widget Cart() => new() { Metadata = new() { Name = "cart", NamespaceProperty = "shop", Uid = "u" } };

    private double Written => _metrics.Value("netprofiler_kubernetes_events_written_total");

    private double Dropped(string reason) => _metrics.Value("netprofiler_kubernetes_events_dropped_total", ("reason", reason));

    private void Start() => _run = Task.Run(() => _recorder.RunAsync(TimeSpan.FromSeconds(30), _stop.Token));

    private void Publish(string reason) => _recorder.PublishAsync(Cart(), reason, "It began.", action: "Start");

    private static V1Node Node => new() { ApiVersion = "v1", Kind = "Node", Metadata = new() { Name = "node1" } };
}
