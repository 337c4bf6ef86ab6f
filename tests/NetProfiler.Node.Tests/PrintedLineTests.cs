using System.Text;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Output;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Tests;

/// <summary>
/// What a printed line costs: nothing that a collector of garbage must see, and few hand-overs to the thread that writes.
/// </summary>
public sealed class PrintedLineTests
{
    private const int Lines = 50; // of a chunk: no hand-over by size
    private const long Second = 1_000_000_000;

    private readonly Recorded _output = new();
    private readonly ExchangeObserver _observer;
    private readonly ExchangePipeline _pipeline;
    private readonly LineOutput _lines;
    private uint _request, _response;

    public PrintedLineTests()
    {
        _lines = new LineOutput(_output, isPatient: false);
        var settings = new ReportSettings([ProfilingPlan.Default with { RequestHeaders = ["x-request-id"] }], default, OutputMode.Json,
            PrintMode.Exchanges, SampleSettings.Nowhere);
        _observer = new ExchangeObserver(settings,
            new ExchangePrinter(_lines, settings.Redactor, new CopiedFields(settings.RequestHeaders, settings.Redactor)), outlets: null);
        _pipeline = new ExchangePipeline(_observer, NoKernel.Instance, new CaptureStatistics());
        _observer.Observe(_pipeline);
        _pipeline.OnOpen(new SocketOpen
        {
            Connection = 1, ProcessId = 1, ProcessName = "nginx"u8, FromStart = true, Role = EndpointRole.Server,
            Local = EndpointAddress.IPv4([10, 0, 0, 1], 80), Remote = EndpointAddress.IPv4([10, 0, 0, 2], 40_000),
        });
    }

    [Fact]
    public async Task A_line_allocates_nothing()
    {
        Exchange(Lines); // what is made once
        _observer.Flush();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(Lines);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        _observer.Flush();
        await _lines.DisposeAsync();
        Assert.Equal(2 * Lines, _output.Text.Count('\n'));
        Assert.All(_output.Text.Split('\n')[..^1],
            line => Assert.Contains("\"target\":\"/cart?id=1\",\"host\":\"shop\",\"requestHeaders\":{\"x-request-id\":\"7f3a\"},\"status\":200", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lines_of_a_moment_are_handed_over_together()
    {
        for (int turn = 0; turn <= 25; turn++) // of 2 ms
        {
            Exchange(1);
            _observer.FlushAged(Second + turn * 2_000_000L);
        }

        Exchange(1); // of the next moment
        _observer.FlushAged(2 * Second);
        _observer.Flush();
        await _lines.DisposeAsync();
        Assert.Equal([26, 1], _output.Writes.Select(write => write.Count('\n')));
    }

    [Fact]
    public async Task A_chunk_that_is_full_does_not_wait()
    {
        Exchange(500); // of some 500 bytes each: more than two chunks
        await _lines.DisposeAsync();
        Assert.InRange(_output.Writes.Count, 2, 5);
    }

    private void Exchange(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Move(Direction.Ingress, "GET /cart?id=1 HTTP/1.1\r\nHost: shop\r\nX-Request-ID: 7f3a\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n"u8, ref _request);
            Move(Direction.Egress, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8, ref _response);
        }
    }

    private void Move(Direction direction, ReadOnlySpan<byte> bytes, ref uint position)
    {
        _pipeline.OnData(new SocketData
        {
            Connection = 1, Direction = direction, Call = SocketCall.Read, Uncaptured = Uncaptured.None, ProcessId = 1,
            TimeNanoseconds = Second + position, StartNanoseconds = Second + position, Position = position, Length = (uint)bytes.Length,
            Offset = 0, Bytes = bytes,
        });
        position += (uint)bytes.Length;
    }

    private sealed class Recorded : MemoryStream
    {
        public List<string> Writes { get; } = [];

        public string Text => string.Concat(Writes);

        public override void Write(ReadOnlySpan<byte> buffer) => Writes.Add(Encoding.UTF8.GetString(buffer));
    }
}
