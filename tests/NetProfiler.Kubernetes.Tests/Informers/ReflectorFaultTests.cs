using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Tests.Support;

namespace NetProfiler.Kubernetes.Tests.Informers;

/// <summary>An informer of pods, on a connection that fails in every way.</summary>
public sealed class ReflectorFaultTests : IAsyncLifetime, IDisposable
{
    private readonly FakePods _pods = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<InformerEvent<PodRecord>> _told = [];
    private FakeApiServer _server = null!;
    private Informer<PodRecord> _informer = null!;
    private Task _run = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _server.Answer = _pods.AnswerAsync;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.Within();
        await _server.DisposeAsync();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _pods.Dispose();
    }

    [Fact]
    public async Task What_is_there_and_what_comes_and_goes_is_known()
    {
        _pods.Set("a");
        await Start();
        Assert.Equal(["a"], Known());
        Assert.Contains(_server.Requests, request => request.Contains("/pods?limit=100&resourceVersion=0", StringComparison.Ordinal));

        _pods.Set("b");
        _pods.Set("a", "node2");
        _pods.Delete("b");
        await Knows("a@node2");
        Assert.Contains(_server.Requests, request =>
            request.Contains("watch=true&allowWatchBookmarks=true&resourceVersion=2&timeoutSeconds=", StringComparison.Ordinal));
        Assert.Equal(1, _pods.Lists);
    }

    [Fact]
    public async Task A_watch_asks_for_an_end_within_five_to_ten_minutes()
    {
        await Start();
        await Watches(1);
        var text = _server.Requests.Single(request => request.Contains("timeoutSeconds=", StringComparison.Ordinal));
        Assert.InRange(int.Parse(text[(text.IndexOf("timeoutSeconds=", StringComparison.Ordinal) + 15)..]), 300, 600);
    }

    [Fact]
    public async Task A_watch_that_ends_goes_on_where_it_was()
    {
        _pods.Set("a");
        await Start();
        _pods.Set("b");
        await Knows("a", "b");
        var before = _pods.Watches;
        _pods.EndWatches();
        _pods.Set("c");
        await Knows("a", "b", "c");

        Assert.Equal(1, _pods.Lists);
        Assert.True(_pods.Watches > before);
        Assert.Equal(3, Told().Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_deleted_object_is_seen_after_a_reconnect(bool isGoneAnswer)
    {
        _pods.IsGoneAnswer = isGoneAnswer;
        _pods.Set("a");
        _pods.Set("b");
        await Start();
        _pods.Set("c");
        await Knows("a", "b", "c");

        _pods.AtOnce(() =>
        {
            _pods.EndWatches();
            _pods.Delete("b");
            _pods.Set("d");
            _pods.Forget(); // nobody will ever tell
        });
        await Knows("a", "c", "d");

        Assert.Equal(2, _pods.Lists);
        var gone = Told().Single(told => told.New is null);
        Assert.Equal("b", gone.Old!.Metadata.Name);
        Assert.True(gone.IsFinalStateUnknown);
    }

    [Fact]
    public async Task Where_the_list_is_gone_with_the_watch_it_is_read_as_it_is_now()
    {
        _pods.Set("a");
        await Start();
        _pods.Set("b");
        await Knows("a", "b");
        for (var i = 0; i < 50; i++)
        {
            _pods.ListFaults.Enqueue(context => context.Request.Query["resourceVersion"].ToString() is { Length: > 0 }
                ? context.Status(410, "Expired", "too old resource version")
                : _pods.ListAsync(context));
        }

        _pods.AtOnce(() =>
        {
            _pods.EndWatches();
            _pods.Delete("b");
            _pods.Forget();
        });
        await Knows("a");
        Assert.Equal(3, _pods.Lists); // the first, the one that was refused, and one without a version
    }

    [Fact]
    public async Task Only_a_bookmark_in_between_saves_the_list()
    {
        _pods.Set("a");
        await Start();
        await Watches(1);
        _pods.Forget();
        _pods.Bookmark();
        await Eventually.True(() => Events("bookmark") == 1);
        _pods.Forget(); // everything before the bookmark
        _pods.EndWatches();
        await Watches(2);
        _pods.Set("b");
        await Knows("a", "b");
        Assert.Equal(1, _pods.Lists);
    }

    [Fact]
    public async Task A_line_that_is_cut_off_is_a_disconnect_and_its_object_comes_again()
    {
        _pods.WatchFaults.Enqueue(async context =>
        {
            await context.Response.WriteAsync("""{"type":"ADDED","object":{"metadata":{"name":"half""");
            await context.Response.Body.FlushAsync();
            // A clean end, in the middle of a line.
        });
        _pods.WatchFaults.Enqueue(async context =>
        {
            await context.Response.WriteAsync("""{"type":"ADDED","object":{"metadata":{"name":"half""");
            await context.Response.Body.FlushAsync();
            await context.Reset();
        });
        await Start();
        await Watches(3);
        _pods.Set("half");
        await Knows("half");
        Assert.Single(Told());
        Assert.Equal(1, _pods.Lists);
    }

    [Fact]
    public async Task A_line_that_is_no_JSON_is_a_disconnect()
    {
        _pods.WatchFaults.Enqueue(context => context.Response.WriteAsync("<html>\n"));
        await Start();
        await Watches(2);
        _pods.Set("a");
        await Knows("a");
        Assert.Equal(1, Failures("connection"));
    }

    [Fact]
    public async Task Watches_that_end_at_once_slow_down()
    {
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < 5; i++) _pods.WatchFaults.Enqueue(context => context.Response.StartAsync());
        await Start();
        await Watches(6);
        Assert.True(Stopwatch.GetElapsedTime(begin) >= TimeSpan.FromMilliseconds(20 * (1 + 2 + 4 + 8 + 16)));
        _pods.Set("a");
        await Knows("a");
        Assert.Equal(5, _server.Metrics.Value("reflector_short_watches_total", ("name", "pods")));
    }

    [Fact]
    public async Task A_server_that_cannot_list_or_watch_at_first_is_tried_until_it_can()
    {
        _pods.ListFaults.Enqueue(context => context.Status(404, "NotFound")); // the kind is not there yet
        _pods.ListFaults.Enqueue(context => context.Status(403, "Forbidden"));
        _pods.ListFaults.Enqueue(context => context.Json("not JSON"));
        _pods.WatchFaults.Enqueue(context => context.Status(500, "InternalError"));
        _pods.WatchFaults.Enqueue(context => context.Status(429, "TooManyRequests"));
        _pods.Set("a");
        await Start();
        await Watches(3);
        _pods.Set("b");
        await Knows("a", "b");
        Assert.Equal(1, Failures("NotFound"));
        Assert.Equal(1, Failures("Forbidden"));
        Assert.Equal(1, Failures("InternalError"));
    }

    [Fact]
    public async Task A_version_that_is_gone_again_and_again_is_no_storm_and_is_asked_for_afresh()
    {
        for (var i = 0; i < 4; i++) _pods.WatchFaults.Enqueue(context => context.Status(410, "Expired"));
        _pods.Set("a");
        await Start();
        await Watches(5);
        _pods.Set("b");
        await Knows("a", "b");
        Assert.Equal(5, _pods.Lists);
        Assert.Equal(4, Failures("Expired"));
        // not what is at hand
        Assert.Equal(4, _server.Requests.Count(request => request.EndsWith("/pods?limit=100&watch=false", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_server_that_went_back_in_time_is_believed()
    {
        _pods.Set("a");
        await Start();
        await Watches(1);
        _pods.WatchFaults.Enqueue(context => context.Json(
            """{"kind":"Status","status":"Failure","message":"Too large resource version","reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]},"code":504}""", 504));
        _pods.EndWatches();
        await Watches(3);
        _pods.Set("b");
        await Knows("a", "b");
    }

    [Fact]
    public async Task A_burst_of_three_thousand_events_arrives_whole()
    {
        await Start();
        await Watches(1);
        for (var i = 0; i < 3000; i++) _pods.Set("pod-" + i % 1000, "node" + i / 1000);
        await Eventually.True(() => _informer.Lister.List().Count(pod => pod.Spec.NodeName == "node2") == 1000);
        Assert.Equal(1000, _informer.Lister.List().Count);
        Assert.Equal(1, _pods.Lists);
    }

    [Fact]
    public async Task A_list_while_events_wait_loses_and_doubles_nothing()
    {
        _pods.Set("a");
        await Start();
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 20; i++) _pods.Set($"pod-{round}-{i}");
            if (round % 2 == 0) _pods.Forget(); // the watch gets 410 where those were not told yet
            _pods.Delete($"pod-{round}-7");
            if (round % 3 == 0) _pods.EndWatches();
        }
        await Eventually.True(() => _informer.Lister.List().Count == 1 + 20 * 19, $"{_informer.Lister.List().Count} pods");

        // What handlers were told is what the cache has.
        var counted = new Dictionary<string, PodRecord>();
        foreach (var told in Told())
        {
            Assert.Equal(told.Old, counted.GetValueOrDefault(told.Key.Name),
                (one, other) => told.New is null || ReferenceEquals(one, other));
            if (told.New is null) Assert.True(counted.Remove(told.Key.Name));
            else counted[told.Key.Name] = told.New;
        }
        Assert.Equal(counted.Keys.Order(), _informer.Lister.List().Select(pod => pod.Metadata.Name).Order());
    }

    [Fact]
    public async Task A_connection_that_died_silently_is_noticed()
    {
        using var shim = new TcpShim(_server.Address);
        _pods.Set("a");
        await Start(new ClusterAccess { Server = shim.Address, Trust = _server.Access.Trust });
        await Watches(1);
        shim.Freeze();
        _pods.Set("b");
        await Knows("a", "b");
        Assert.True(shim.Links > 1);
        Assert.Equal(1, _pods.Lists);
        Assert.Equal(1, Failures("connection"));
    }

    [Fact]
    public async Task An_object_that_cannot_be_read_ends_neither_list_nor_watch()
    {
        var version = 10;
        _server.Answer = async context =>
        {
            if (context.Request.Query["watch"] != "true")
            {
                await context.Json($$$"""{"metadata":{"resourceVersion":"10"},"items":[{{{Task("a", "Red", 1)}}},{{{Task("b", "Sideways", 2)}}}]}""");
                return;
            }
            await context.Response.WriteAsync($$$"""{"type":"ADDED","object":{{{Task("c", "Upside", ++version)}}}}""" + "\n");
            await context.Response.WriteAsync($$$"""{"type":"MODIFIED","object":{{{Task("a", "Upside", ++version)}}}}""" + "\n");
            await context.Response.WriteAsync("""{"type":"ADDED","object":{"kind":"Table","rows":[]}}""" + "\n");
            await context.Response.WriteAsync($$$"""{"type":"ADDED","object":{{{Task("d", "Blue", ++version)}}}}""" + "\n");
            await context.Response.Body.FlushAsync();
            await System.Threading.Tasks.Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var tasks = new Informer<Widget>(_server.Client(), new(), _server.Metrics, TimeProvider.System, NullLoggerFactory.Instance);
        _run = tasks.RunAsync(_stop.Token);
        await Eventually.True(() => tasks.Lister.Get("shop", "d") is not null);
        Assert.Equal("d", Assert.Single(tasks.Lister.List()).Metadata.Name); // a's old state is not its state any more
        Assert.Equal(4, _server.Metrics.Value("netprofiler_kubernetes_skipped_objects_total", ("kind", "Widget")));

        static string Task(string name, string color, int version) =>
            $$$"""{"metadata":{"name":"{{{name}}}","namespace":"shop","uid":"{{{name}}}","resourceVersion":"{{{version}}}"},"spec":{"color":"{{{color}}}"}}""";
    }

    [Fact]
    public async Task A_storm_of_faults_leaves_the_cache_as_the_server_is()
    {
        var random = new Random(20260102);
        await Start();
        for (var i = 0; i < 400; i++)
        {
            var name = "pod-" + random.Next(40);
            if (random.Next(3) == 0) _pods.Delete(name);
            else _pods.Set(name, "node" + i);
            switch (random.Next(12))
            {
                case 0: _pods.EndWatches(); break;
                case 1: _pods.Forget(); break;
                case 2: _pods.WatchFaults.Enqueue(Answers.Reset); _pods.EndWatches(); break;
                case 3: _pods.WatchFaults.Enqueue(context => context.Status(500, "InternalError")); break;
                case 4: _pods.IsGoneAnswer = !_pods.IsGoneAnswer; break;
                case 5: await Task.Delay(1); break;
            }
        }
        _pods.WatchFaults.Clear();
        _pods.Set("last");
        await Eventually.True(() => _informer.Lister.Get("shop", "last") is not null);
        using var truth = _server.Client();
        var list = await truth.ListAsync<PodRecord>().Within();
        Assert.Equal(
            list.Items.Select(pod => $"{pod.Metadata.Name}@{pod.Metadata.ResourceVersion}").Order(),
            _informer.Lister.List().Select(pod => $"{pod.Metadata.Name}@{pod.Metadata.ResourceVersion}").Order());
    }

    private async Task Start(ClusterAccess? access = null)
    {
        var options = new KubernetesClientOptions
        {
            RequestTimeout = Eventually.Patience, PingDelay = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromSeconds(1),
            MaxRetries = 0,
            RequestsPerSecond = 1000,
        };
        var client = _server.Client(options, access: access);
        _informer = new Informer<PodRecord>(
            client, new() { FirstBackoff = TimeSpan.FromMilliseconds(20) }, _server.Metrics, TimeProvider.System,
            NullLoggerFactory.Instance);
        _informer.AddHandler(told =>
        {
            lock (_told) _told.Add(told);
        });
        _run = _informer.RunAsync(_stop.Token);
        await _informer.WaitForSyncAsync(_stop.Token).Within();
    }

    private Task Watches(int count) => Eventually.True(() => _pods.Watches >= count, $"{_pods.Watches} watches instead of {count}");

    private Task Knows(params string[] pods) =>
        Eventually.True(() => pods.SequenceEqual(Known(withNode: pods[0].Contains('@'))), $"known are {string.Join(", ", Known())}");

    private string[] Known(bool withNode = false) =>
        [.. _informer.Lister.List().Select(pod => withNode ? $"{pod.Metadata.Name}@{pod.Spec.NodeName}" : pod.Metadata.Name).Order()];

    private InformerEvent<PodRecord>[] Told()
    {
        lock (_told) return [.. _told];
    }

    private double Events(string type) => _server.Metrics.Value("reflector_events_total", ("name", "pods"), ("type", type));

    private double Failures(string reason) => _server.Metrics.Value("reflector_failures_total", ("name", "pods"), ("reason", reason));
}
