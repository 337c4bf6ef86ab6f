using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Settings;
using NetProfiler.Node.Tasks;
using NetProfiler.Web.Requests;

namespace NetProfiler.Node.Tests;

/// <summary>What the page costs the ring-buffer thread: nothing that a collector of garbage must see, and never a wait in a run.</summary>
public sealed class PageFeedTests
{
    private const int Enough = 1000; // more than a chunk

    private readonly RequestTable _table = new();
    private readonly ExchangeFeed _feed;
    private readonly ExchangePipeline _pipeline;
    private uint _request, _response;

    public PageFeedTests()
    {
        var settings = new ReportSettings([ProfilingPlan.Default with { RequestHeaders = ["x-request-id", "x-api-key"] }], default,
            OutputMode.None, PrintMode.Samples, SampleSettings.Nowhere);
        _feed = new ExchangeFeed(_table, settings.Redactor, new CopiedFields(settings.RequestHeaders, settings.Redactor), isPatient: false);
        var observer = new ExchangeObserver(settings, printer: null, outlets: null) { Feed = _feed };
        _pipeline = new ExchangePipeline(observer, NoKernel.Instance, new CaptureStatistics());
        observer.Observe(_pipeline);
        _pipeline.OnOpen(new SocketOpen
        {
            Connection = 1, ProcessId = 1, ProcessName = "nginx"u8, FromStart = true, Role = EndpointRole.Server,
            Local = EndpointAddress.IPv4([10, 0, 0, 1], 80), Remote = EndpointAddress.IPv4([10, 0, 0, 2], 40_000),
        });
    }

    [Fact]
    public async Task Every_exchange_becomes_a_masked_row()
    {
        _feed.Start();
        Exchange(Enough);
        _feed.Flush();
        await _feed.DisposeAsync();
        Assert.Equal((Enough, 0), (_table.Counts.Recorded, _table.Counts.NotTaken));
        var row = _table.Find(Enough - 1)!.Value;
        Assert.Equal(("GET", "shop", 200, "nginx", "10.0.0.2", "default"),
            (row.Method, row.Host, row.Status, row.Process, row.Peer, row.Rule));
        Assert.StartsWith("/cart?token=[masked:", row.Target, StringComparison.Ordinal);
        Assert.Equal((JoinState.Alone, null), (row.Join, row.Headers));
    }

    [Fact]
    public async Task Requests_without_a_whole_response_are_rows_with_who_ended_them()
    {
        _feed.Start();
        Exchange(1);
        Move(Direction.Ingress, "GET /events HTTP/1.1\r\nHost: shop\r\nX-API-Key: geheim\r\nX-Request-ID: 7f3a\r\n\r\n"u8, ref _request);
        Move(Direction.Egress, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"u8, ref _response);
        Move(Direction.Ingress, "GET /b HTTP/1.1\r\nHost: shop\r\n\r\n"u8, ref _request);
        _pipeline.OnClose(new SocketClose(1, 2_000_000_000, IsHeld: false, ConnectionEnd.PeerFin));
        _pipeline.Finish();
        _feed.Flush();
        await _feed.DisposeAsync();
        Assert.Equal(
            [("/cart", 200, ExchangeOutcome.Complete, EndedBy.None), ("/events", 200, ExchangeOutcome.Incomplete, EndedBy.ClientClosed),
                ("/b", 0, ExchangeOutcome.Unanswered, EndedBy.ClientClosed)],
            Enumerable.Range(0, 3).Select(i => _table.Find(i)!.Value)
                .Select(row => (row.Target.Split('?')[0], row.Status, row.Outcome, row.EndedBy)));
        Assert.Equal("x-request-id: 7f3a\nx-api-key: [masked:1-7]\n", _table.Find(1)!.Value.Headers);
        Assert.Equal(1, _table.ReadSlots(slots => slots.All.Sum(series => series.Slots.Sum(slot => slot?.Count ?? 0)))); // in no duration
    }

    [Fact]
    public async Task An_exchange_allocates_nothing_once_there_are_chunks()
    {
        _feed.Start();
        Exchange(4 * Enough);
        await Task.Delay(500); // the chunks are back
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(400); // within a chunk: a hand-over is one of many
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        await _feed.DisposeAsync();
        Assert.InRange(allocated, 0, 2048); // at most one hand-over
    }

    [Fact]
    public async Task What_finds_no_chunk_is_counted_and_nobody_waits()
    {
        const int Room = 128 * 512; // nobody reads
        Exchange(Room + 100);
        _feed.Start();
        await _feed.DisposeAsync();
        Assert.Equal((Room, 100), (_table.Counts.Recorded, _table.Counts.NotTaken));
    }

    private void Exchange(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Move(Direction.Ingress, "GET /cart?token=hunter2 HTTP/1.1\r\nHost: shop\r\n\r\n"u8, ref _request);
            Move(Direction.Egress, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8, ref _response);
        }
    }

    private void Move(Direction direction, ReadOnlySpan<byte> bytes, ref uint position)
    {
        _pipeline.OnData(new SocketData
        {
            Connection = 1, Direction = direction, Call = SocketCall.Read, Uncaptured = Uncaptured.None, ProcessId = 1,
            TimeNanoseconds = 1_000_000_000 + position, StartNanoseconds = 1_000_000_000 + position, Position = position,
            Length = (uint)bytes.Length, Offset = 0, Bytes = bytes,
        });
        position += (uint)bytes.Length;
    }
}
