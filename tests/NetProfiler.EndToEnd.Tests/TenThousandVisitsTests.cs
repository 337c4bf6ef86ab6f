using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NetProfiler.EndToEnd.Tests.Support;
using NetProfiler.Shop;

namespace NetProfiler.EndToEnd.Tests;

/// <summary>What is said of ten thousand visits is what they were.</summary>
[Collection(WorldCollection.Name)]
public sealed partial class TenThousandVisitsTests(World world, TenThousandVisits visits) : IClassFixture<TenThousandVisits>
{
    private static IReadOnlyList<Visit> All => TenThousandVisits.Visits;

    private static int AskedOfTheStock => All.Count(visit => visit.AsksTheStock);

    private static IEnumerable<Visit> FailedOrSlow => All.Where(visit => visit.Status >= 400 || visit.IsCheckout);

    [SkippableFact]
    public void A_task_runs_within_five_seconds_with_its_pods_and_nodes()
    {
        World.Require();
        Assert.InRange(visits.TimeToRun, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal((3, 2), (ProfilingTask.Pods(visits.Running), ProfilingTask.Nodes(visits.Running)));
        Assert.Equal("True", ProfilingTask.Condition(visits.Running, "Capturing"));
    }

    [SkippableTheory]
    [InlineData("edge")]
    [InlineData("cart")]
    public void Requests_and_failures_of_a_tier_are_those_that_were_made(string tier)
    {
        World.Require();
        Assert.Equal((All.Count, OfStatus(200), 0, OfStatus(404), OfStatus(500)), Counts(visits.Results[tier]));
        Nothing_was_lost(tier);
    }

    [SkippableFact]
    public void And_so_are_those_of_the_tier_behind()
    {
        World.Require();
        Assert.Equal((AskedOfTheStock, AskedOfTheStock, 0, 0, 0), Counts(visits.Results["stock"]));
        Nothing_was_lost("stock");
    }

    [SkippableFact]
    public void The_sample_task_counts_what_the_cart_answers_and_what_it_asks()
    {
        World.Require();
        Assert.Equal((All.Count + AskedOfTheStock, OfStatus(200) + AskedOfTheStock, 0, OfStatus(404), OfStatus(500)),
            Counts(visits.Results["cart-slow"]));
        Nothing_was_lost("cart-slow");
    }

    [SkippableTheory]
    [InlineData("edge")]
    [InlineData("cart")]
    public void Every_failed_and_every_slow_request_is_sampled(string tier)
    {
        World.Require();
        var summary = visits.Results[tier]["summary"]!;
        Assert.Equal((FailedOrSlow.Count(), 0), ((int)summary["sampled"]!, (int)summary["droppedSamples"]!));
    }

    [SkippableFact]
    public void A_limit_keeps_content_back_and_no_count()
    {
        World.Require();
        var summary = visits.Results["cart-slow"]["summary"]!;
        Assert.Equal(FailedOrSlow.Count(), (int)summary["sampled"]!);
        Assert.InRange((int)summary["droppedSamples"]!, 0, FailedOrSlow.Count());
    }

    [SkippableFact]
    public void The_slowest_requests_are_listed_with_their_traces()
    {
        World.Require();
        var slowest = All.OrderByDescending(visit => visit.DelayMilliseconds).Take(10).ToList();
        Same("edge", visit => $"{visit.Path} {visit.B3TraceId} b3");
        Same("cart", visit => $"{visit.Path} {visit.Sw8TraceId} sw8");

        void Same(string tier, Func<Visit, string> trace)
        {
            Assert.Equal(slowest.Select(trace).Order(StringComparer.Ordinal),
                Traces(visits.Results[tier], "slow").Order(StringComparer.Ordinal));
            var durations = visits.Results[tier]["topTraces"]!["slow"]!.AsArray()
                .Select(one => (long)one!["durationMicroseconds"]!).ToList();
            Assert.Equal(durations.OrderDescending(), durations);
            // The delay, and what a busy machine adds; timers may be early by a tick.
            Assert.InRange(durations[^1], slowest[^1].DelayMilliseconds * 1000L - 5_000, slowest[0].DelayMilliseconds * 1000L + 500_000);
        }
    }

    [SkippableFact]
    public void And_so_they_are_at_the_tier_behind()
    {
        World.Require();
        var slowest = All.Where(visit => visit.StockDelayMilliseconds == All.Max(one => one.StockDelayMilliseconds)).Take(10)
            .Select(visit => visit.W3CTraceId).Order(StringComparer.Ordinal);
        Assert.Equal(slowest, visits.Results["stock"]["topTraces"]!["slow"]!.AsArray().Select(trace => (string)trace!["traceID"]!)
            .Order(StringComparer.Ordinal));
        Assert.All(visits.Results["stock"]["topTraces"]!["slow"]!.AsArray(), trace => Assert.Equal("w3c", (string?)trace!["traceSystem"]));
    }

    [SkippableTheory]
    [InlineData("clientErrors", 404)]
    [InlineData("serverErrors", 500)]
    public void The_latest_failures_are_listed_with_their_traces(string list, int status)
    {
        World.Require();
        var latest = All.Where(visit => visit.IsInTurn && visit.Status == status).OrderByDescending(visit => visit.Number).ToList();

        Assert.Equal(latest.Select(visit => $"{visit.Path} {visit.B3TraceId} b3"), Traces(visits.Results["edge"], list));
        Assert.Equal(latest.Select(visit => $"{visit.Path} {visit.Sw8TraceId} sw8"), Traces(visits.Results["cart"], list));
    }

    [SkippableFact]
    public async Task A_listed_request_names_the_pod_and_the_node_that_served_it()
    {
        World.Require();
        var nodes = (await world.List("shop", "pods", "app=cart")).ToDictionary(Agents.NameOf, pod => (string)pod["spec"]!["nodeName"]!);
        Assert.All(visits.Results["cart"]["topTraces"]!["slow"]!.AsArray(),
            trace => Assert.Equal(nodes[(string)trace!["podName"]!], (string?)trace["nodeName"]));
    }

    [SkippableFact]
    public void Peers_are_the_pods_and_services_at_the_other_end_wherever_they_run()
    {
        World.Require();
        Assert.Equal(["Server Deployment/edge <- Pod/shop/visitor: 10000"], Peers("edge"));
        Assert.Equal(["Server Deployment/cart <- Workload/shop/Deployment/edge: 10000"], Peers("cart"));
        Assert.Equal([$"Server Deployment/stock <- Workload/shop/Deployment/cart: {AskedOfTheStock}"], Peers("stock"));
        Assert.Equal(
            [$"Client Deployment/cart <- Service/shop/stock: {AskedOfTheStock}",
                "Server Deployment/cart <- Workload/shop/Deployment/edge: 10000"], Peers("cart-slow").Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task Prometheus_scrapes_both_agents_and_its_sums_agree()
    {
        World.Require();
        Assert.Equal(2, await visits.Query("sum(up)"));
        // Not by their requests: which cart a connection reaches is chance, and all may reach those of one node.
        Assert.Equal(2, await visits.Query("count(count by (instance) (netprofiler_task_target_info{k8s_workload_name=\"cart\"}))"));
        foreach (var (tier, requests) in new[] { ("edge", All.Count), ("cart", All.Count), ("stock", AskedOfTheStock) })
            Assert.Equal(visits.CountedBefore[tier] + requests,
                await visits.Query($"sum(http_server_request_duration_seconds_count{{k8s_namespace_name=\"shop\",k8s_workload_name=\"{tier}\"}})"));
        Assert.Equal(0, await visits.Query("sum(netprofiler_capture_lost_total{reason!=\"interrupted\"})"));
    }

    [SkippableFact]
    public async Task Every_request_has_its_phases_and_TCP_moved_its_bytes_and_no_others()
    {
        World.Require();
        const string Edge = "{k8s_namespace_name=\"shop\",k8s_workload_name=\"edge\"";
        foreach (var phase in new[] { "receive", "application", "write" })
            Assert.Equal(await visits.Query($"sum(http_server_request_duration_seconds_count{Edge}}})"),
                await visits.Query($"sum(netprofiler_http_phase_seconds_count{Edge},role=\"server\",phase=\"{phase}\"}})"));
        foreach (var (message, direction) in new[] { ("request", "read"), ("response", "write") })
            Assert.Equal(await visits.Query($"sum(http_server_{message}_size_bytes_sum{Edge}}})"),
                await visits.Query($"sum(netprofiler_tcp_bytes_total{Edge},role=\"server\",direction=\"{direction}\"}})"));
    }

    [SkippableFact]
    public async Task Metrics_name_the_peers()
    {
        World.Require();
        Assert.True(await visits.Query(
            "sum(http_client_request_duration_seconds_count{k8s_workload_name=\"cart\",peer=\"shop/stock\",peer_kind=\"service\"})") >= AskedOfTheStock);
        Assert.True(await visits.Query(
            "sum(http_server_request_duration_seconds_count{k8s_workload_name=\"cart\",peer=\"shop/edge\",peer_kind=\"pod\"})") >= All.Count);
    }

    [SkippableFact]
    public async Task Zipkin_is_sent_every_sample_of_a_trace_that_it_has()
    {
        World.Require();
        var spans = await visits.Received("zipkin");
        var expected = FailedOrSlow.Select(visit => $"{visit.B3TraceId}/{visit.SpanId}").Order(StringComparer.Ordinal);
        var received = spans.Where(span => ((string)span!["traceId"]!).StartsWith("b3000000", StringComparison.Ordinal))
            .Select(span => $"{span!["traceId"]}/{span["id"]}").Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(expected, received);
        Assert.All(spans, span => Assert.NotEmpty(span!["annotations"]!.AsArray()));
    }

    [SkippableFact]
    public async Task SkyWalking_is_sent_every_sample_of_its_own_traces()
    {
        World.Require();
        var events = (await visits.Received("skywalking"))
            .Where(one => ((string?)one!["traceContext"]?["traceId"])?.StartsWith("shop.trace.",
            StringComparison.Ordinal) == true).ToList();
        Assert.Equal(
            FailedOrSlow.Select(visit => visit.Sw8TraceId).Order(StringComparer.Ordinal),
            events.Select(one => (string)one!["traceContext"]!["traceId"]!).Distinct().Order(StringComparer.Ordinal));

        // OAP looks the span up by this text, and puts the server's events on its Entry span if theirs differs.
        Assert.All(events, one => Assert.Equal(Tag(one!, "connection_role") == "server" ? "03" : "3",
            (string?)one!["traceContext"]!["spanId"]));
        Assert.All(new[] { "HTTP Request Sampling", "HTTP Response Sampling" },
            name => Assert.Contains(events, one => (string?)one!["event"] == name));
    }

    private static string? Tag(JsonNode attached, string key) =>
        (string?)attached["tags"]!.AsArray().FirstOrDefault(tag => (string?)tag!["key"] == key)?["value"];

    [SkippableFact]
    public async Task The_content_of_a_sample_is_shown_masked_and_to_none_but_whom_it_may_be()
    {
        World.Require();
        var sample = visits.Results["cart"]["topTraces"]!["slow"]![0]!;
        var agent = (await Agents.Pods(world))[(string)sample["nodeName"]!];
        var address = $"http://{agent["status"]!["podIP"]}:{Agents.Port}/samples/shop/cart/{sample["sampleID"]}";
        using var client = new HttpClient();

        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(null));
        Assert.Equal(HttpStatusCode.Forbidden, await Ask((await world.Kubectl("-n", "vault", "create", "token", "default")).Trim()));

        _ = await world.TryKubectl("-n", "shop", "create", "rolebinding", "sample-reader", "--clusterrole=netprofiler-sample-reader",
            "--serviceaccount=shop:default");
        var token = (await world.Kubectl("-n", "shop", "create", "token", "default")).Trim();
        Assert.Equal(HttpStatusCode.OK, await Ask(token));
        using var request = Request(token);
        using var response = await client.SendAsync(request);
        var content = await response.Content.ReadAsStringAsync();
        Assert.Contains((string)sample["uri"]!, content);
        Assert.Contains("[masked:", content);
        Assert.DoesNotContain(Visit.Password, content);

        HttpRequestMessage Request(string? with)
        {
            var asked = new HttpRequestMessage(HttpMethod.Get, address);
            if (with is not null) asked.Headers.Authorization = new AuthenticationHeaderValue("Bearer", with);
            return asked;
        }

        async Task<HttpStatusCode> Ask(string? with)
        {
            using var asked = Request(with);
            using var answer = await client.SendAsync(asked);
            return answer.StatusCode;
        }
    }

    [SkippableFact]
    public async Task Nothing_of_another_namespace_and_no_password_is_anywhere()
    {
        World.Require();
        List<string> everything =
        [
            await world.Kubectl("get", "networkprofilingtasks,events", "-A", "-o", "yaml"),
            await world.Kubectl("get", "nodeprofilingconfigs", "-n", World.System, "-o", "yaml"),
            (await visits.Received("zipkin")).ToJsonString(),
            (await visits.Received("skywalking")).ToJsonString(),
        ];
        foreach (var pod in (await Agents.Pods(world)).Values)
        {
            everything.Add(await Agents.Metrics(world, pod));
            everything.Add(await world.Kubectl("-n", World.System, "logs", Agents.NameOf(pod)));
        }

        Assert.All(everything, text =>
        {
            Assert.DoesNotMatch(Secret(), text);
            Assert.DoesNotContain(Visit.Password, text);
            Assert.DoesNotContain("k8s_namespace_name=\"vault\"", text);
        });
        // The search finds what is there.
        Assert.Contains(everything, text => text.Contains(All[^1].Path, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Kubectl_shows_it()
    {
        World.Require();
        var rows = (await world.Kubectl("get", "networkprofilingtasks", "-n", "shop")).Split('\n');
        var row = rows.Single(line => line.StartsWith("cart ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["NAME", "PHASE", "PODS", "NODES", "REQUESTS", "SAMPLED", "5XX", "AGE"],
            rows[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["cart", "Running", "3", "2", "10000", $"{FailedOrSlow.Count()}", $"{OfStatus(500)}"], row[..^1]);
    }

    private static int OfStatus(int status) => All.Count(visit => visit.Status == status);

    private void Nothing_was_lost(string task)
    {
        var status = visits.Results[task];
        Assert.Equal((0, 0), ((int)status["summary"]!["unparsed"]!, (int)status["summary"]!["droppedEvents"]!));
        Assert.NotEqual("True", ProfilingTask.Condition(status, "Degraded"));
    }

    private static (int, int, int, int, int) Counts(JsonNode status)
    {
        var summary = status["summary"]!;
        return ((int)summary["requests"]!, (int)summary["responses2xx"]!, (int)summary["responses3xx"]!, (int)summary["responses4xx"]!,
            (int)summary["responses5xx"]!);
    }

    private static IEnumerable<string> Traces(JsonNode status, string list) =>
        status["topTraces"]![list]!.AsArray().Select(trace => $"{trace!["uri"]} {trace["traceID"]} {trace["traceSystem"]}");

    private IEnumerable<string> Peers(string task) => visits.Results[task]["peers"]!.AsArray().Select(peer =>
        $"{peer!["role"]} {peer["local"]!["name"]} <- "
            + $"{peer["remote"]!["kind"]}/{peer["remote"]!["namespace"]}/{peer["remote"]!["name"]}: {peer["requests"]}");

    [GeneratedRegex(@"(missing|fail|cart|items|checkout)/77000\d\d|shop\.trace\.77000\d\d")]
    private static partial Regex Secret();
}
