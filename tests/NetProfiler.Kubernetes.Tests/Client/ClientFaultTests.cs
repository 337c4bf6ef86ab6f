using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using k8s.Autorest;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Tests.Support;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Kubernetes.Tests.Client;

public sealed class ClientFaultTests : IAsyncLifetime
{
    private static readonly PodRecord Pod = new() { Metadata = new() { Name = "a", NamespaceProperty = "shop" } };

    private FakeApiServer _server = null!;
    private int _count;

    public async Task InitializeAsync() => _server = await FakeApiServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task It_speaks_HTTP_2_and_says_who_it_is()
    {
        string? protocol = null, agent = null;
        _server.Answer = context =>
        {
            (protocol, agent) = (context.Request.Protocol, context.Request.Headers.UserAgent);
            return context.Json(Answers.Pod("a", 1));
        };
        await _server.Client(new() { UserAgent = "netprofiler-operator/1.2" }).GetAsync<PodRecord>("a", "shop").Within();
        Assert.Equal("HTTP/2", protocol);
        Assert.StartsWith("netprofiler-operator/1.2 (linux/", agent);
    }

    /// <summary>As when packets to the API server are dropped: the runtime's own exception would look like a cancellation.</summary>
    [Fact]
    public async Task A_connection_that_is_not_established_in_time_is_a_timeout()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var access = new ClusterAccess { Server = new Uri($"https://{silent.LocalEndpoint}") };
        var client = _server.Client(new() { ConnectTimeout = TimeSpan.FromMilliseconds(200), MaxRetries = 0 }, access: access);

        var timeout = await Assert.ThrowsAsync<TimeoutException>(() => client.GetAsync<PodRecord>("a", "shop").Within());

        Assert.Contains($"no connection to {silent.LocalEndpoint} within 0.2 s", timeout.Message);
    }

    [Fact]
    public async Task What_is_not_there_is_null() => Assert.Null(await _server.Client().GetAsync<PodRecord>("a", "shop").Within());

    [Fact]
    public async Task A_refusal_says_what_the_server_said()
    {
        _server.Answer = context =>
        {
            context.Response.Headers["Audit-Id"] = "audit-7";
            return context.Json(
                """{"kind":"Status","status":"Failure","message":"spec.targets: Required value","reason":"Invalid","details":{"causes":[{"reason":"FieldValueRequired","field":"spec.targets"}]},"code":422}""", 422);
        };
        var refused = await Assert.ThrowsAsync<HttpOperationException>(() => _server.Client().CreateAsync(new Widget()).Within());
        Assert.True(refused.IsInvalid);
        Assert.Equal("spec.targets", refused.Status.Details!.Causes![0].Field);
        Assert.Contains("create /apis/example.dev/v1alpha1/widgets: spec.targets: Required value (422) (audit id audit-7)",
            refused.Message);
    }

    [Fact]
    public async Task An_apply_to_another_object_of_the_same_name_is_a_conflict()
    {
        _server.Answer = context => context.Json(
            """{"kind":"Status","status":"Failure","message":"field is immutable","reason":"Invalid","details":{"causes":[{"field":"metadata.uid"}]},"code":422}""", 422);
        var refused = await Assert.ThrowsAsync<HttpOperationException>(
            () => _server.Client().ApplyAsync(new Widget { Metadata = new() { Name = "node1", Uid = "old" } }, "test").Within());
        Assert.True(refused.IsConflict);
    }

    [Fact]
    public async Task What_the_server_warns_of_is_logged_once()
    {
        var log = new LogCollector();
        _server.Answer = context =>
        {
            context.Response.Headers.Warning = "299 - \"policy/v1beta1 is deprecated\"";
            return context.Json(Answers.Pod("a", 1));
        };
        using var client = new KubernetesClient(_server.Access, TestJson.Resources, new() { RequestTimeout = Eventually.Patience },
            Prometheus.Metrics.NewCustomRegistry(), TimeProvider.System, log);
        await client.GetAsync<PodRecord>("a", "shop").Within();
        await client.GetAsync<PodRecord>("a", "shop").Within();
        Assert.Contains("policy/v1beta1 is deprecated", Assert.Single(log.Lines));
    }

    [Fact]
    public async Task Something_that_is_no_Status_is_told_as_it_is()
    {
        _server.Answer = context => context.Json("<html>a proxy's page</html>", 403);
        var refused = await Assert.ThrowsAsync<HttpOperationException>(() => _server.Client().GetAsync<PodRecord>("a", "shop").Within());
        Assert.True(refused.IsForbidden);
        Assert.Contains("a proxy's page", refused.Message);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("GET")]
    public async Task Too_many_requests_are_repeated_when_the_server_says(string method)
    {
        _server.Answer = context =>
        {
            if (Interlocked.Increment(ref _count) > 1) return context.Json(Answers.Pod("a", 1));
            context.Response.Headers.RetryAfter = "1";
            return context.Status(429, "TooManyRequests");
        };
        var begin = Stopwatch.GetTimestamp();
        if (method == "POST") await _server.Client().CreateAsync(Pod).Within();
        else await _server.Client().GetAsync<PodRecord>("a", "shop").Within();
        Assert.Equal(2, _count);
        Assert.True(Stopwatch.GetElapsedTime(begin) >= TimeSpan.FromSeconds(0.99));
    }

    [Fact]
    public async Task A_burst_of_server_errors_is_outlasted_by_a_read()
    {
        _server.Answer = context => Interlocked.Increment(ref _count) <= 3 ? context.Status(500, "InternalError")
            : context.Json(Answers.Pod("a", 1));
        Assert.NotNull(await _server.Client().GetAsync<PodRecord>("a", "shop").Within());
        Assert.Equal(4, _count);
        Assert.Equal(3, _server.Metrics.Value("rest_client_request_retries_total", ("code", "500"), ("verb", "get"),
            ("host", _server.Address.Authority)));
        Assert.Equal(1, _server.Metrics.Value("rest_client_requests_total", ("code", "200"), ("method", "GET"),
            ("host", _server.Address.Authority)));
    }

    [Fact]
    public async Task A_server_error_that_goes_on_is_told_after_the_last_try()
    {
        _server.Answer = context => context.Status(503, "ServiceUnavailable");
        var refused = await Assert.ThrowsAsync<HttpOperationException>(
            () => _server.Client(new() { MaxRetries = 2 }).GetAsync<PodRecord>("a", "shop").Within());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task A_create_is_not_repeated_after_a_server_error()
    {
        _server.Answer = context => context.Status(500, "InternalError");
        await Assert.ThrowsAsync<HttpOperationException>(() => _server.Client().CreateAsync(Pod).Within());
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task An_apply_whose_connection_is_reset_before_it_is_done_is_repeated()
    {
        _server.Answer = context => Interlocked.Increment(ref _count) == 1 ? context.Reset() : context.Json(Config(1));
        var applied = await _server.Client().ApplyAsync(new Widget { Metadata = new() { Name = "node1" } }, "test").Within();
        Assert.Equal("1", applied.Metadata.ResourceVersion);
        Assert.Equal(2, _count);
        Assert.All(_server.Requests, request => Assert.EndsWith("?fieldManager=test&force=true", request));
    }

    [Fact]
    public async Task An_apply_whose_connection_is_reset_after_it_was_done_is_repeated_and_is_the_same()
    {
        var bodies = new List<string>();
        _server.Answer = async context =>
        {
            bodies.Add(await new StreamReader(context.Request.Body).ReadToEndAsync());
            if (bodies.Count == 1) await context.Reset();
            else await context.Json(Config(1));
        };
        await _server.Client().ApplyStatusAsync(new Widget { Metadata = new() { Name = "node1" }, Status = new() }, "test").Within();
        Assert.Equal(2, bodies.Count);
        Assert.Equal(bodies[0], bodies[1]);
    }

    [Fact]
    public async Task A_create_whose_connection_is_reset_is_not_repeated()
    {
        _server.Answer = context =>
        {
            Interlocked.Increment(ref _count);
            return context.Reset();
        };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _server.Client().CreateAsync(Pod).Within());
        Assert.Equal(1, _count);
    }

    [Fact]
    public async Task A_replacement_that_was_done_before_the_reset_is_a_conflict_at_its_repetition()
    {
        var version = 7;
        _server.Answer = async context =>
        {
            var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            if (!body.Contains($"\"resourceVersion\":\"{version}\"", StringComparison.Ordinal))
            {
                await context.Status(409, "Conflict");
                return;
            }
            version++;
            await context.Reset();
        };
        var refused = await Assert.ThrowsAsync<HttpOperationException>(
            () => _server.Client().UpdateAsync(Pod with { Metadata = Pod.Metadata with { ResourceVersion = "7" } }).Within());
        Assert.True(refused.IsConflict);
        Assert.Equal(8, version);
    }

    [Fact]
    public async Task A_content_that_breaks_in_the_middle_is_read_again()
    {
        _server.Answer = async context =>
        {
            if (Interlocked.Increment(ref _count) == 1)
            {
                await context.Response.WriteAsync("{\"metadata\":{\"name\":");
                await context.Response.Body.FlushAsync();
                await context.Reset();
            }
            else
            {
                await context.Json(Answers.Pod("a", 1));
            }
        };
        Assert.NotNull(await _server.Client().GetAsync<PodRecord>("a", "shop").Within());
    }

    [Fact]
    public async Task A_slow_drip_ends_with_its_time()
    {
        _server.Answer = async context =>
        {
            while (true)
            {
                await context.Response.WriteAsync(" ", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(20, context.RequestAborted);
            }
        };
        var client = _server.Client(new() { RequestTimeout = TimeSpan.FromMilliseconds(300), MaxRetries = 0 });
        var error = await Assert.ThrowsAsync<TimeoutException>(() => client.GetAsync<PodRecord>("a", "shop").Within());
        Assert.Contains("get /api/v1/namespaces/shop/pods/a", error.Message);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("list")]
    public async Task A_content_that_stalls_ends_with_its_time(string verb)
    {
        _server.Answer = async context =>
        {
            await context.Response.WriteAsync("{\"metadata\":{\"name\":\"a\"},", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var client = _server.Client(new() { RequestTimeout = TimeSpan.FromMilliseconds(300), MaxRetries = 0 });
        await Assert.ThrowsAsync<TimeoutException>(() => verb == "get"
            ? client.GetAsync<PodRecord>("a", "shop").Within()
            : client.ListAsync<PodRecord>().Within());
    }

    [Fact]
    public async Task A_token_that_was_rotated_costs_one_retry()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("token", "old");
        var valid = "Bearer old";
        _server.Answer = context => context.Request.Headers.Authorization == valid
            ? context.Json(Answers.Pod("a", 1))
            : context.Status(401, "Unauthorized");
        var client = _server.Client(access: WithToken(path));
        Assert.NotNull(await client.GetAsync<PodRecord>("a", "shop").Within());

        folder.Write("token", "new");
        valid = "Bearer new";
        Assert.NotNull(await client.GetAsync<PodRecord>("a", "shop").Within());
        Assert.NotNull(await client.GetAsync<PodRecord>("a", "shop").Within());

        Assert.Equal(4, _server.Requests.Count);
        Assert.Equal(1, _server.Metrics.Value("rest_client_request_retries_total", ("code", "401"), ("verb", "get"),
            ("host", _server.Address.Authority)));
    }

    [Fact]
    public async Task A_connection_that_does_not_answer_is_not_asked_again()
    {
        _server.Answer = context => Interlocked.Increment(ref _count) == 1
            ? Task.Delay(Timeout.Infinite, context.RequestAborted)
            : context.Json(Answers.Pod("a", 1));
        var client = _server.Client(new() { RequestTimeout = TimeSpan.FromSeconds(1) });
        Assert.NotNull(await client.GetAsync<PodRecord>("a", "shop").Within());
        Assert.True(_server.Connections.Distinct().Count() > 1);
    }

    [Fact]
    public async Task A_token_that_expired_is_read_again_at_the_first_401()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("token", "old\n");
        _server.Answer = context => context.Request.Headers.Authorization == "Bearer new"
            ? context.Json(Answers.Pod("a", 1))
            : context.Status(401, "Unauthorized");
        var client = _server.Client(access: WithToken(path));
        await Assert.ThrowsAsync<HttpOperationException>(() => client.GetAsync<PodRecord>("a", "shop").Within());
        Assert.Equal(2, _server.Requests.Count); // once more, and no longer

        folder.Write("token", "new\n");
        Assert.NotNull(await client.GetAsync<PodRecord>("a", "shop").Within());
        Assert.Equal(4, _server.Requests.Count);
    }

    [Fact]
    public async Task A_token_is_read_again_after_a_minute_and_the_old_one_holds_while_it_cannot_be_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("token", "one");
        var time = new ManualTime();
        var tokens = new List<string?>();
        _server.Answer = context =>
        {
            tokens.Add(context.Request.Headers.Authorization);
            return context.Json(Answers.Pod("a", 1));
        };
        var client = _server.Client(access: WithToken(path, time));
        await client.GetAsync<PodRecord>("a", "shop").Within();
        folder.Write("token", "two");
        await client.GetAsync<PodRecord>("a", "shop").Within();
        time.Advance(TimeSpan.FromSeconds(61));
        await client.GetAsync<PodRecord>("a", "shop").Within();
        File.Delete(path);
        time.Advance(TimeSpan.FromSeconds(61));
        await client.GetAsync<PodRecord>("a", "shop").Within();

        Assert.Equal(["Bearer one", "Bearer one", "Bearer two", "Bearer two"], tokens);
    }

    [Fact]
    public async Task A_new_authority_is_read_from_its_file_within_a_minute()
    {
        using var folder = new TemporaryFolder();
        using var first = new TestAuthority("first");
        using var second = new TestAuthority("second");
        var path = folder.Write("ca.crt", first.Pem);
        var time = new ManualTime();
        var port = FreePort.Take();
        var access = new ClusterAccess
        {
            Server = new Uri($"https://127.0.0.1:{port}"), Trust = new ClusterTrust { AuthoritiesFile = path },
        };
        using var client = new KubernetesClient(
            access, TestJson.Resources, new() { RequestTimeout = Eventually.Patience, MaxRetries = 0 },
            Prometheus.Metrics.NewCustomRegistry(), time,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await using (var old = await FakeApiServer.StartAsync(first, port: port))
        {
            old.Answer = context => context.Json(Answers.Pod("a", 1));
            await client.GetAsync<PodRecord>("a", "shop").Within();
        }

        await using var current = await FakeApiServer.StartAsync(second, port: port);
        current.Answer = context => context.Json(Answers.Pod("a", 1));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetAsync<PodRecord>("a", "shop").Within());
        folder.Write("ca.crt", second.Pem[..40]); // half written: the old one holds, and nothing breaks
        time.Advance(TimeSpan.FromSeconds(61));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetAsync<PodRecord>("a", "shop").Within());
        folder.Write("ca.crt", second.Pem);
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.NotNull(await client.GetAsync<PodRecord>("a", "shop").Within());
    }

    [Fact]
    public async Task A_server_that_sends_its_clients_away_loses_no_request()
    {
        _server.Answer = context =>
        {
            if (Interlocked.Increment(ref _count) % 5 == 0)
                context.Features.Get<IConnectionLifetimeNotificationFeature>()!.RequestClose(); // GOAWAY
            return context.Json(Answers.Pod("a", 1));
        };
        var client = _server.Client(new() { MaxRetries = 0, RequestsPerSecond = 10_000, Burst = 1000,
            RequestTimeout = Eventually.Patience });
        for (var i = 0; i < 60; i++) Assert.NotNull(await client.GetAsync<PodRecord>("a", "shop").Within());
        Assert.True(_server.Connections.Distinct().Count() > 1);
    }

    [Fact]
    public async Task A_request_does_not_wait_for_watches_to_end()
    {
        const int Watches = 150; // more than one connection may carry
        using var stop = new CancellationTokenSource();
        _server.Answer = async context =>
        {
            if (context.Request.Query["watch"] != "true")
            {
                await context.Json(Answers.Pod("a", 1));
                return;
            }
            await context.Response.StartAsync();
            Interlocked.Increment(ref _count);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var client = _server.Client(new() { RequestsPerSecond = 10_000, Burst = 1000, RequestTimeout = Eventually.Patience });
        var watches = Enumerable.Range(0, Watches).Select(async number =>
        {
            await foreach (var change in client.WatchAsync<PodRecord>(ListOptions.All, $"{number + 1}", TimeSpan.FromMinutes(5),
                stop.Token))
                Assert.Fail($"{change} of a watch that tells nothing");
        }).ToArray();
        await Eventually.True(() => Volatile.Read(ref _count) == Watches, $"only {_count} watches began");
        Assert.NotNull(await client.GetAsync<PodRecord>("a", "shop").Within());
        await stop.CancelAsync();
        foreach (var watch in watches) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch.Within());
    }

    [Fact]
    public async Task A_list_is_read_in_pages()
    {
        _server.Answer = context => context.Request.Query["continue"] == "2"
            ? context.Json(List("9", null, "b"))
            : context.Json(List("9", "2", "a"));
        var list = await _server.Client()
            .ListAsync<PodRecord>(new() { Namespace = "shop", LabelSelector = "app=cart", ResourceVersion = "0" }).Within();
        Assert.Equal(["a", "b"], list.Items.Select(pod => pod.Metadata.Name));
        Assert.Equal("9", list.ResourceVersion);
        Assert.Equal(
            ["GET /api/v1/namespaces/shop/pods?labelSelector=app=cart&limit=100&resourceVersion=0&watch=false",
                "GET /api/v1/namespaces/shop/pods?continue=2&labelSelector=app=cart&limit=100&watch=false"],
            _server.Requests);
    }

    [Fact]
    public async Task A_list_whose_next_page_is_gone_is_read_in_one_piece()
    {
        _server.Answer = context =>
            context.Request.Query["continue"] == "2" ? context.Status(410, "Expired")
            : context.Request.Query["limit"] == "100" ? context.Json(List("9", "2", "a"))
            : context.Json(List("12", null, "a", "b", "c"));
        var list = await _server.Client().ListAsync<PodRecord>().Within();
        Assert.Equal(["a", "b", "c"], list.Items.Select(pod => pod.Metadata.Name));
        Assert.Equal("12", list.ResourceVersion);
    }

    [Fact]
    public async Task An_object_of_a_list_that_cannot_be_read_is_left_out_and_counted()
    {
        _server.Answer = context => context.Json(
            """{"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"a"},"spec":{"color":"Green"}},{"metadata":{"name":"b"},"spec":{"color":"Blue"}}]}""");
        var log = new LogCollector();
        using var client = new KubernetesClient(
            _server.Access, TestJson.Resources, new() { RequestTimeout = Eventually.Patience }, _server.Metrics, TimeProvider.System, log);
        var list = await client.ListAsync<Widget>().Within();
        Assert.Equal("b", Assert.Single(list.Items).Metadata.Name);
        Assert.Equal(1, list.SkippedItems);
        Assert.Equal(1, _server.Metrics.Value("netprofiler_kubernetes_skipped_objects_total", ("kind", "Widget")));

        await client.ListAsync<Widget>().Within();
        var line = Assert.Single(log.Lines); // once, with its name and the reason
        Assert.Contains("Skipping Widget a", line);
        Assert.Contains("$.spec.color", line);
    }

    [Fact]
    public async Task A_deletion_names_the_very_object_and_what_is_gone_already_is_no_error()
    {
        string? body = null;
        _server.Answer = async context =>
        {
            body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            await context.Status(404, "NotFound");
        };
        Assert.False(await _server.Client().DeleteAsync<PodRecord>("a", "shop", uid: "u").Within());
        Assert.Equal("""{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u"},"propagationPolicy":"Background"}""", body);
    }

    [Fact]
    public async Task A_server_below_a_path_is_asked_there()
    {
        _server.Answer = context => context.Json(Answers.Pod("a", 1));
        var client = _server.Client(access: new() { Server = new Uri(_server.Address, "/k8s/clusters/c-1"), Trust = _server.Access.Trust });
        await client.GetAsync<PodRecord>("a", "shop").Within();
        Assert.Equal("GET /k8s/clusters/c-1/api/v1/namespaces/shop/pods/a", Assert.Single(_server.Requests));
    }

    [Fact]
    public async Task A_bucket_makes_those_wait_who_come_too_fast()
    {
        var time = new ManualTime();
        var bucket = new TokenBucket(10, 2, time);
        Assert.Equal([0, 0, 100, 200], new[] { bucket.Reserve(), bucket.Reserve(), bucket.Reserve(),
            bucket.Reserve() }.Select(delay => Math.Round(delay.TotalMilliseconds)));
        var wait = bucket.WaitAsync(CancellationToken.None).AsTask();
        Assert.False(wait.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(300));
        await wait.Within();
    }

    private static string List(string version, string? next, params string[] names) =>
        $$$"""{"metadata":{"resourceVersion":"{{{version}}}","continue":"{{{next}}}"},"items":[{{{string.Join(",", names.Select(name => Answers.Pod(name, 1)))}}}]}""";

    private static string Config(int version) => $$$"""{"metadata":{"name":"node1","resourceVersion":"{{{version}}}"},"spec":{}}""";

    private ClusterAccess WithToken(string path, TimeProvider? time = null) => new()
    {
        Server = _server.Address, Trust = _server.Access.Trust,
        Tokens = TokenSource.OfFile(path, time ?? TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance),
    };
}
