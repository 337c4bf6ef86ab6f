using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>Which span gets a sample in Zipkin, and what a span of ours says.</summary>
public class SpanPlacementTests
{
    private const string W3CUnsampled = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n";
    private const string B3Unsampled = "b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-0\r\n";
    private const string Sw8Unsampled =
        "sw8: 0-VFJBQ0VJRA==-U0VHTUVOVElE-3-UEFSRU5UX1NFUlZJQ0U=-UEFSRU5UX0lOU1RBTkNF-UEFSRU5UX0VORFBPSU5U-SVBQT1JU\r\n";

    [Theory]
    [InlineData(Samples.B3, EndpointRole.Server, SpanUse.Unknown, ServerSpans.Auto, "SharedSpan")]
    [InlineData(Samples.B3, EndpointRole.Server, SpanUse.Joined, ServerSpans.Auto, "SharedSpan")]
    [InlineData(Samples.B3, EndpointRole.Server, SpanUse.Separate, ServerSpans.Auto, "ChildSpan")]
    [InlineData(Samples.B3, EndpointRole.Server, SpanUse.Separate, ServerSpans.Joined, "SharedSpan")]
    [InlineData(Samples.B3, EndpointRole.Server, SpanUse.Joined, ServerSpans.Separate, "ChildSpan")]
    [InlineData(Samples.W3C, EndpointRole.Server, SpanUse.Unknown, ServerSpans.Auto, "ChildSpan")]
    [InlineData(Samples.W3C, EndpointRole.Server, SpanUse.Forwarded, ServerSpans.Joined, "ChildSpan")]
    [InlineData(Samples.W3C, EndpointRole.Client, SpanUse.Separate, ServerSpans.Auto, "CallersSpan")]
    [InlineData(Samples.W3C, EndpointRole.Client, SpanUse.Forwarded, ServerSpans.Auto, "ChildSpan")]
    [InlineData(W3CUnsampled, EndpointRole.Client, SpanUse.Unknown, ServerSpans.Auto, "UnsampledTrace")]
    [InlineData(B3Unsampled, EndpointRole.Server, SpanUse.Joined, ServerSpans.Joined, "UnsampledTrace")]
    [InlineData(Samples.Sw8, EndpointRole.Server, SpanUse.Unknown, ServerSpans.Auto, "OwnTrace")]
    [InlineData("", EndpointRole.Client, SpanUse.Unknown, ServerSpans.Auto, "OwnTrace")]
    public void A_sample_stands_where_the_application_has_its_span(string trace, EndpointRole role, SpanUse use, ServerSpans servers,
        string expected) =>
        Assert.Equal(expected, SpanPlacements.Of(Samples.Shown(trace, role) with { SpanUse = use }, new SpanSettings(ServerSpans: servers))
            .ToString());

    [Theory]
    [InlineData("zipkin", W3CUnsampled, true)]
    [InlineData("zipkin", B3Unsampled, true)]
    [InlineData("zipkin", Samples.B3, false)]
    [InlineData("zipkin", Sw8Unsampled, false)]
    [InlineData("otlp", W3CUnsampled, true)]
    [InlineData("otlp", B3Unsampled, true)]
    [InlineData("otlp", Sw8Unsampled, false)]
    [InlineData("otlp", "", false)]
    public async Task Samples_of_unsampled_traces_are_dropped_where_that_is_wanted_and_take_no_place(string kind, string trace,
        bool isDropped)
    {
        var limits = new ExportLimits { MaxQueuedSamples = 1, BatchDelay = TimeSpan.FromMinutes(1) };
        var settings = new SpanSettings(UnsampledTraces.Drop);
        ISampleExporter? exporter;
        Assert.True(kind == "zipkin"
            ? SampleExporters.TryCreateZipkin("http://127.0.0.1:1", limits, TimeProvider.System, out exporter, spans: settings)
            : SampleExporters.TryCreateOtlp("http://127.0.0.1:1", limits, TimeProvider.System, out exporter, spans: settings));
        await using var disposed = exporter;
        exporter.Offer(Samples.Shown(trace));
        Assert.Equal((1, isDropped ? 1 : 0, isDropped ? 0 : 1),
            (exporter.Counts.Offered, exporter.Dropped(ExportDrop.NotSampled), exporter.Counts.Queued));
    }

    [Theory]
    [InlineData("", ExportDrop.NoTrace)]
    [InlineData(Sw8Unsampled, ExportDrop.NotSampled)]
    [InlineData(W3CUnsampled, ExportDrop.NotSampled)]
    public async Task What_SkyWalking_has_no_span_for_is_counted_at_once_and_takes_no_place(string trace, ExportDrop reason)
    {
        var limits = new ExportLimits { MaxQueuedSamples = 1, BatchDelay = TimeSpan.FromMinutes(1) };
        Assert.True(SampleExporters.TryCreateSkyWalking("127.0.0.1:1", null, limits, TimeProvider.System, out var exporter));
        await using var disposed = exporter;
        for (int i = 0; i < 10; i++) exporter.Offer(Samples.Shown(trace));
        exporter.Offer(Samples.Shown(Samples.Sw8));
        Assert.Equal((11, 10, 1), (exporter.Counts.Offered, exporter.Dropped(reason), exporter.Counts.Queued));
        await exporter.DrainAsync(TimeSpan.Zero);
        Assert.Equal((10, 1), (exporter.Dropped(reason), exporter.Dropped(ExportDrop.Shutdown)));
    }

    [Fact]
    public void A_span_of_an_unsampled_trace_is_complete_and_says_why_it_stands_alone()
    {
        var span = Encode(Samples.Shown(W3CUnsampled));
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "1122334455667788"),
            (Text(span, "traceId"), Text(span, "parentId"), Text(span, "id")));
        Assert.Equal(("post /cart", "SERVER", "cart"),
            (Text(span, "name"), Text(span, "kind"), span.GetProperty("localEndpoint").GetProperty("serviceName").GetString()));
        Assert.Equal("the application's tracer did not sample this trace", Text(span.GetProperty("tags"), "netprofiler.reason"));
        Assert.False(span.TryGetProperty("shared", out _));
        AssertWithin(span);
    }

    [Fact]
    public void A_span_below_the_callers_names_no_service_and_is_no_root()
    {
        var span = Encode(Samples.Shown(Samples.W3C));
        Assert.Equal(("b7ad6b7169203331", "1122334455667788", "SERVER"), (Text(span, "parentId"), Text(span, "id"), Text(span, "kind")));
        Assert.False(span.GetProperty("localEndpoint").TryGetProperty("serviceName", out _));
        AssertWithin(span);
    }

    // Lens names a trace without a root after the earliest span below the missing one.
    [Fact]
    public void A_span_below_one_that_may_not_be_reported_begins_when_the_application_answers()
    {
        var span = Encode(Samples.Shown(Samples.W3C) with { Peer = null });
        Assert.Equal((1_767_323_045_124_356, 335), (span.GetProperty("timestamp").GetInt64(), span.GetProperty("duration").GetInt64()));
    }

    [Fact]
    public void Both_ends_of_an_exchange_without_a_trace_are_in_one_trace_of_ours()
    {
        var client = Samples.Shown("", EndpointRole.Client, id: 1) with { JoinKey = Key(5) };
        var server = Samples.Shown("", id: 2) with { JoinKey = Key(5) };
        Assert.Equal(Text(Encode(client), "traceId"), Text(Encode(server), "traceId"));
        Assert.NotEqual(Text(Encode(client), "traceId"), Text(Encode(server with { JoinKey = Key(6) }), "traceId"));
        Assert.NotEqual(Text(Encode(client), "id"), Text(Encode(server), "id"));

        static JoinKey Key(ulong position) =>
            new(EndpointAddress.IPv4([10, 0, 0, 2], 41234), EndpointAddress.IPv4([10, 0, 0, 1], 8080), 0, position, position);
    }

    [Theory]
    [InlineData("/cart?id=1", "GET /cart")]
    [InlineData("/users/4711/orders/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "GET /users/*/orders/*")]
    [InlineData("/api/v2/deadbeef", "GET /api/v2/deadbeef")]
    [InlineData("/h/9f86d081884c7d65", "GET /h/*")]
    [InlineData("http://shop/cart/7?x", "GET /cart/*")]
    [InlineData("*", "GET *")]
    public void A_span_of_ours_is_named_by_method_and_path(string target, string expected) =>
        Assert.Equal(expected, OwnSpan.NameOf(Samples.Shown() with { Method = "GET", Target = target }));

    [Fact]
    public void A_container_is_named_by_its_workload_and_pod()
    {
        var container = new ContainerIdentity("id", "shop", "cart-6f5-x2", "app", "Deployment/cart");
        var sample = Samples.Shown("") with { Process = new ProcessIdentity(7, "dotnet", container) };
        Assert.Equal(new SampleParty("cart", "cart-6f5-x2", false), SampleParty.Of(sample));
        Assert.Equal("cart", Encode(sample).GetProperty("localEndpoint").GetProperty("serviceName").GetString());
    }

    [Fact]
    public void Nothing_finishes_before_it_starts_even_within_one_microsecond()
    {
        var sample = Samples.Shown();
        sample = sample with { Request = sample.Request
            with { EndUnixNanoseconds = sample.Request.StartUnixNanoseconds + 100, Calls = [] } };
        var times = Encode(sample).GetProperty("annotations").EnumerateArray()
            .ToDictionary(one => Text(one, "value"), one => one.GetProperty("timestamp").GetInt64());
        Assert.Equal(times["Start HTTP Request Sampling-1 (server)"] + 1, times["Finished HTTP Request Sampling-1 (server)"]);
    }

    [Fact]
    public void A_read_that_began_before_its_request_does_not_stretch_the_message()
    {
        var sample = Samples.Shown();
        sample = sample with { Request = sample.Request with { StartUnixNanoseconds = sample.StartUnixNanoseconds - 5_000_000 } };
        Assert.Equal(sample.StartUnixNanoseconds, SampleEvent.Of(sample)[0].StartUnixNanoseconds);
    }

    // Each row of Lens has both sides of a span: no tag stands there twice with different values, and no annotation.
    [Fact]
    public void Both_sides_of_a_span_share_no_tag_and_no_annotation()
    {
        var server = Encode(Samples.Shown(Samples.B3));
        var client = Encode(Samples.Shown(Samples.B3, EndpointRole.Client));
        Assert.Equal((Text(server, "traceId"), Text(server, "id")), (Text(client, "traceId"), Text(client, "id")));
        Assert.Empty(Tags(server).Intersect(Tags(client)));
        Assert.Empty(Values(server).Intersect(Values(client)));

        static IEnumerable<string> Tags(JsonElement span) => span.GetProperty("tags").EnumerateObject().Select(tag => tag.Name);
        static IEnumerable<string> Values(JsonElement span) =>
            span.GetProperty("annotations").EnumerateArray().Select(one => Text(one, "value"));
    }

    private static JsonElement Encode(ShownSample sample)
    {
        using var transport = new ZipkinTransport(new Uri("http://localhost"), TimeProvider.System);
        var span = JsonDocument.Parse(transport.Encode(sample)).RootElement;
        ZipkinSchema.Check(span);
        return span;
    }

    private static void AssertWithin(JsonElement span)
    {
        long start = span.GetProperty("timestamp").GetInt64(), end = start + span.GetProperty("duration").GetInt64();
        Assert.All(span.GetProperty("annotations").EnumerateArray(),
            one => Assert.InRange(one.GetProperty("timestamp").GetInt64(), start, end));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
