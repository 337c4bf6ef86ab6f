using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Analysis.Tests.Support;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>A file, read to its end and analysed. Every byte must be accounted for.</summary>
internal sealed class Replayed : IReplayHandler
{
    private readonly CollectingSink _sink = new();
    private readonly ExchangePipeline _pipeline;
    private readonly IEventSource _source;

    private Replayed(IEventSource source)
    {
        _source = source;
        _pipeline = new ExchangePipeline(_sink, source.Kernel, new CaptureStatistics());
    }

    public IReadOnlyList<SeenExchange> Exchanges => _sink.Exchanges;

    public IEnumerable<string> Lines => _sink.Exchanges.Select(exchange => exchange.Line);

    public CaptureStatistics Statistics => _pipeline.Statistics;

    public string? Fault => _source.Fault;

    public List<long> WallOffsets { get; } = [];

    public long Count(Counter counter) => _source.Read(counter);

    /// <summary>What is not zero of everything that can be lost: "gap 10", "no response 1".</summary>
    public IEnumerable<string> Losses =>
    [
        .. _source.Losses.Where(loss => loss.Count > 0).Select(loss => $"{loss.Reason}: {loss.Count}"),
        .. Enum.GetValues<GapReason>().Where(reason => Statistics.GapBytes(reason) > 0)
            .Select(reason => $"gap {reason} {Statistics.GapBytes(reason)}"),
        .. Enum.GetValues<UnpairedReason>().Where(reason => Statistics.Unpaired(reason) > 0)
            .Select(reason => $"{reason} {Statistics.Unpaired(reason)}"),
    ];

    public static Replayed Of(byte[] file, EndpointRole role = EndpointRole.Server, int readBytes = int.MaxValue)
    {
        var replayed = new Replayed(EventSource.Open(new TrickleStream(file, readBytes), role));
        while (replayed._source.Read(replayed))
        {
        }

        replayed._pipeline.Finish();
        var statistics = replayed.Statistics;
        Assert.Equal(0, replayed._pipeline.Connections);
        Assert.Equal(
            statistics.MovedBytes,
            statistics.ParsedBytes + statistics.PassedBytes + statistics.DiscardedBytes + statistics.DuplicateBytes
                + statistics.GapBytesTotal);
        return replayed;
    }

    public void OnOpen(in SocketOpen open) => _pipeline.OnOpen(open);

    public void OnData(in SocketData data) => _pipeline.OnData(data);

    public void OnEnd(ulong connection, Direction direction, long timeNanoseconds) =>
        _pipeline.OnEnd(connection, direction, timeNanoseconds);

    public void OnClose(in SocketClose close) => _pipeline.OnClose(close);

    public void OnTally(in SocketTally tally) => _pipeline.OnTally(tally);

    public void OnDrop(ulong connection, string reason, long timeNanoseconds) => _pipeline.OnDrop(connection, reason, timeNanoseconds);

    public void OnProcessExit(int processId, long timeNanoseconds) => _pipeline.OnProcessExit(processId, timeNanoseconds);

    public void OnTime(long nowNanoseconds) => _pipeline.Advance(nowNanoseconds);

    public void OnClock(long nowNanoseconds, long wallOffsetNanoseconds) => WallOffsets.Add(wallOffsetNanoseconds);

    public void OnSweep(long nowNanoseconds) => _pipeline.Sweep(nowNanoseconds);

    /// <summary>As a pipe gives its bytes: a few at a time.</summary>
    private sealed class TrickleStream(byte[] bytes, int atATime) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, int.Min(count, atATime));
    }

    public void OnOwner(in SocketOwner owner)
    {
    }

    public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote)
    {
    }

    public void OnStream(in SocketStream stream) => _pipeline.OnStream(stream);

    public void OnStreamEnd(in SocketStreamEnd end) => _pipeline.OnStreamEnd(end);

    public void OnHost(uint networkNamespace, EndpointAddress address)
    {
    }
}
