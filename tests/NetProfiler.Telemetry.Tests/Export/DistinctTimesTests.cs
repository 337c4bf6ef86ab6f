using NetProfiler.Telemetry.Export;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>OAP keeps one of several events that are equal in segment, second, nanosecond and name.</summary>
public class DistinctTimesTests
{
    [Fact]
    public void Equal_events_begin_one_nanosecond_apart()
    {
        var times = new DistinctTimes();
        Assert.Equal([100, 101, 102], new[] { times.Take("s", "e", 100), times.Take("s", "e", 100), times.Take("s", "e", 101) });
        Assert.Equal([103, 100, 100], new[] { times.Take("s", "e", 100), times.Take("t", "e", 100), times.Take("s", "f", 100) });
    }

    [Fact]
    public void However_many_are_equal_they_differ_at_a_constant_cost()
    {
        var times = new DistinctTimes();
        Assert.Equal(Enumerable.Range(0, DistinctTimes.MaxEvents).Select(i => (long)i),
            Enumerable.Range(0, DistinctTimes.MaxEvents).Select(_ => times.Take("s", "e", 0)));
    }

    [Fact]
    public void The_samples_of_two_tasks_over_one_exchange_are_all_stored()
    {
        using var transport = new SkyWalkingTransport(new Uri("http://localhost"), null);
        var events = Enumerable.Range(0, 4)
            .SelectMany(i => transport.Encode(Samples.Shown(Samples.Sw8) with { Task = $"task-{i}" }).Events).ToList();
        Assert.Equal(4 * 5, events.Count);
        Assert.Equal(events.Count, events.Select(IdOf).Distinct().Count());
        Assert.All(events, one => Assert.True((one.EndTime.Seconds, one.EndTime.Nanos)
            .CompareTo((one.StartTime.Seconds, one.StartTime.Nanos)) >= 0));
    }

    // An event is found by the text of segment and span; the first one's tags decide the side for all of them.
    [Fact]
    public void Every_event_of_a_server_says_so_and_has_a_text_of_its_own()
    {
        using var transport = new SkyWalkingTransport(new Uri("http://localhost"), null);
        var server = transport.Encode(Samples.Shown(Samples.Sw8)).Events;
        var client = transport.Encode(Samples.Shown(Samples.Sw8, Analysis.Events.EndpointRole.Client)).Events;
        Assert.All(server, one => Assert.Equal(("03", true), (one.TraceContext.SpanId, IsServers(one))));
        Assert.All(client, one => Assert.Equal(("3", false), (one.TraceContext.SpanId, IsServers(one))));

        static bool IsServers(SpanAttachedEvent one) =>
            (Tag(one, "data_type"), Tag(one, "data_direction")) is ("request", "inbound") or ("response", "outbound");
    }

    [Fact]
    public void A_service_has_the_name_under_which_its_own_tracer_reports()
    {
        using var transport = new SkyWalkingTransport(new Uri("http://localhost"), null);
        Assert.Equal("cart", ServiceOf(transport.Encode(Samples.Shown(Samples.Sw8))));
        Assert.Equal("PARENT_SERVICE", ServiceOf(transport.Encode(Samples.Shown(Samples.Sw8, Analysis.Events.EndpointRole.Client))));
        Assert.Equal("PARENT_SERVICE", ServiceOf(transport.Encode(Samples.Shown(Samples.Sw8)))); // its incoming requests, too

        static string ServiceOf(SkyWalkingTransport.Record record)
        {
            Assert.Equal(record.Listed is not null, Tag(record.Events[0], "service_name") == "PARENT_SERVICE");
            return Tag(record.Events[0], "service_name");
        }
    }

    private static string Tag(SpanAttachedEvent one, string key) => one.Tags.Single(tag => tag.Key == key).Value;

    private static string IdOf(SpanAttachedEvent one) =>
        $"{one.TraceContext.TraceSegmentId}{one.StartTime.Seconds}{one.StartTime.Nanos}{one.Event}";
}
