using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Api.Exporters;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Samples;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;
using NetProfiler.Telemetry.Export.Otlp;
using NetProfiler.Telemetry.Tests.Export;

namespace NetProfiler.Node.Tests;

/// <summary>Which of an agent's exporters gets a task's samples.</summary>
public sealed class ExporterTests
{
    private const int Exchanges = 3;

    [Fact]
    public async Task A_tasks_samples_go_to_the_exporter_that_it_names_and_those_of_the_others_where_the_flags_say()
    {
        await using var first = await TestCollector.StartAsync(HttpProtocols.Http1);
        await using var second = await TestCollector.StartAsync(HttpProtocols.Http1);
        await using var flags = await TestCollector.StartAsync(HttpProtocols.Http1);
        var named = new NamedExporters(new Dictionary<string, ExporterAddresses>
        {
            ["first"] = new($"http://127.0.0.1:{first.Port}", null, null),
            ["second"] = new(null, null, $"http://127.0.0.1:{second.Port}"),
        });
        var kept = new List<ShownSample>();
        await using (var outlets = SampleOutlets.ToCollectors(new($"http://127.0.0.1:{flags.Port}", null, null, null), named, Keep(kept)))
        {
            Run(outlets, Plan("one", "first"), Plan("two", "second"), Plan("three", "second"), Plan("none", null), Plan("gone", "nowhere"));
            await outlets.DrainAsync();
            Assert.Equal(
                [("zipkin", Exchanges), ("first/zipkin", Exchanges), ("second/otlp", 2 * Exchanges)],
                outlets.Exporters.Select(exporter => (exporter.Name, (int)exporter.Counts.Sent)));
        }

        Assert.Equal(Exchanges, Spans(first));
        Assert.Equal(Exchanges, Spans(flags));
        Assert.Equal(2 * Exchanges, second.Requests.Select(request => ExportTraceServiceRequest.Parser.ParseFrom(request.Body))
            .Sum(message => message.ResourceSpans.Sum(resource => resource.ScopeSpans.Sum(scope => scope.Spans.Count))));
        // Whatever it names, it is kept for the task's status.
        Assert.Equal(["gone", "none", "one", "three", "two"],
            kept.GroupBy(sample => sample.Task!).Where(task => task.Count() == Exchanges).Select(task => task.Key).Order());
    }

    [Fact]
    public async Task Without_flags_a_task_that_names_none_is_sent_nowhere()
    {
        await using var first = await TestCollector.StartAsync(HttpProtocols.Http1);
        var named = new NamedExporters(new Dictionary<string,
            ExporterAddresses> { ["first"] = new($"http://127.0.0.1:{first.Port}", null, null) });
        var kept = new List<ShownSample>();
        await using var outlets = SampleOutlets.ToCollectors(SampleSettings.Nowhere, named, Keep(kept));
        Run(outlets, Plan("none", null));
        await outlets.DrainAsync();
        Assert.Empty(first.Requests);
        Assert.Equal(Exchanges, kept.Count);
    }

    [Theory]
    [InlineData(0, 32)]
    [InlineData(1, 16)]
    [InlineData(15, 2)]
    public async Task However_many_there_are_what_waits_has_one_bound(int names, int megabytes)
    {
        // Collectors that never answer.
        await using var silent = await TestCollector.StartAsync(HttpProtocols.Http1);
        silent.OnRequest = async (context, _) =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        string address = $"http://127.0.0.1:{silent.Port}";
        var named = new NamedExporters(Enumerable.Range(0, names)
            .ToDictionary(i => $"e{i}", _ => new ExporterAddresses(address, null, null)));
        await using var outlets = SampleOutlets.ToCollectors(new(address, null, null, null), named, _ => default);
        Assert.All(outlets.Exporters, exporter =>
        {
            Fill(exporter);
            Assert.InRange(exporter.Counts.QueuedBytes, (megabytes << 20) - BigSample.HeldBytes, megabytes << 20);
            Assert.True(exporter.Dropped(Telemetry.Export.ExportDrop.QueueBytes) > 0);
        });
    }

    private static readonly ShownSample BigSample = Big();

    private static void Fill(Telemetry.Export.ISampleExporter exporter)
    {
        for (int i = 0; exporter.Dropped(Telemetry.Export.ExportDrop.QueueBytes) == 0; i++)
        {
            Assert.True(i < 1000);
            exporter.Offer(BigSample);
        }
    }

    private static ShownSample Big()
    {
        var content = new SampleContent(ProfilingPlan.Default.Redaction);
        return content.Show(new Sample
        {
            Id = new(1), SampledAs = SampledAs.ServerError, Role = EndpointRole.Server, Process = new(1, "server"), Local = "127.0.0.1:80",
            Remote = "127.0.0.1:40000", Status = 500,
            Request = Message("GET /big HTTP/1.1\r\nHost: a\r\n\r\n"), Response = Message("HTTP/1.1 500 -\r\n\r\n"),
            StartUnixNanoseconds = 1, DurationNanoseconds = 1,
        }) with { Target = new string('a', 100_000) };

        static SampledMessage Message(string head) => new()
        {
            Head = Encoding.ASCII.GetBytes(head), Bytes = head.Length, BodyBytes = 0, StartUnixNanoseconds = 1, EndUnixNanoseconds = 2,
        };
    }

    private static Func<ShownSample, ValueTask> Keep(List<ShownSample> kept) => sample =>
    {
        kept.Add(sample);
        return default;
    };

    private static int Spans(TestCollector zipkin) =>
        zipkin.Requests.Sum(request => JsonDocument.Parse(request.Body).RootElement.GetArrayLength());

    private static ProfilingPlan Plan(string name, string? exporter) =>
        new(new RuleSet([new SamplingRule(name, null, null, false, true)]), EndpointRole.Unknown, ExchangeMetrics.DefaultMaxSeries, 10,
            null) { Task = name, Exporter = exporter };

    private static void Run(SampleOutlets outlets, params ProfilingPlan[] plans)
    {
        var observer = new ExchangeObserver(plans, ExchangeMetrics.DefaultMaxSeries, 10, printer: null, outlets);
        var pipeline = new ExchangePipeline(observer, NoKernel.Instance, new CaptureStatistics());
        observer.Observe(pipeline);
        pipeline.OnOpen(new SocketOpen
        {
            Connection = 1, ProcessId = 1, ProcessName = "server"u8, FromStart = true,
            Local = EndpointAddress.IPv4([127, 0, 0, 1], 80), Remote = EndpointAddress.IPv4([127, 0, 0, 1], 40_000),
        });
        var (request, response) = ("GET /fails HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 500 -\r\nContent-Length: 0\r\n\r\n");
        for (int i = 0; i < Exchanges; i++)
        {
            Transfer(Direction.Ingress, SocketCall.Read, i, request);
            Transfer(Direction.Egress, SocketCall.Write, i, response);
        }

        void Transfer(Direction direction, SocketCall call, int number, string text)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(text);
            long now = 1_000_000_000 + (1_000 * number);
            pipeline.OnData(new SocketData
            {
                Connection = 1, Direction = direction, Call = call, Uncaptured = Uncaptured.None, ProcessId = 1, TimeNanoseconds = now,
                StartNanoseconds = now - 1,
                Position = (uint)(number * bytes.Length), Length = (uint)bytes.Length, Offset = 0, Bytes = bytes,
            });
        }
    }
}
