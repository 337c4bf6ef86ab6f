using System.Text;
using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>A pipeline with fakes around it. At its end every byte must be accounted for.</summary>
internal sealed class Capture : IDisposable
{
    private bool _isFinished;

    /// <param name="holding">Null: no content is held, and no samples are made.</param>
    public Capture(HoldingPolicy? holding = null)
    {
        Pipeline = new ExchangePipeline(Sink, Kernel, new CaptureStatistics(), holding);
        Sink.MakesSamples = holding is not null;
    }

    public CollectingSink Sink { get; } = new();

    public RecordingKernel Kernel { get; } = new();

    public ManualTime Time { get; } = new();

    public ExchangePipeline Pipeline { get; }

    public CaptureStatistics Statistics => Pipeline.Statistics;

    public IEnumerable<string> Lines => Sink.Exchanges.Select(exchange => exchange.Line);

    /// <summary>Every reason for which something became no exchange: "NoResponse 2".</summary>
    public IEnumerable<string> Unpaired => Enum.GetValues<UnpairedReason>()
        .Where(reason => Statistics.Unpaired(reason) > 0)
        .Select(reason => $"{reason} {Statistics.Unpaired(reason)}");

    /// <summary>Every reason for which bytes that mattered were not seen: "Unseen 100".</summary>
    public IEnumerable<string> Gaps => Enum.GetValues<GapReason>()
        .Where(reason => Statistics.GapBytes(reason) > 0)
        .Select(reason => $"{reason} {Statistics.GapBytes(reason)}");

    /// <summary>Every kind of anomaly that was found: "MissingHost 1".</summary>
    public IEnumerable<string> Anomalies => Statistics.Anomalies.All.Where(one => one.Count > 0).Select(one => $"{one.Kind} {one.Count}");

    /// <summary>A connection of no pipeline.</summary>
    public static Connection NewConnection()
    {
        var statistics = new CaptureStatistics();
        return new Connection(new ConnectionServices(new CollectingSink(), new RecordingKernel(), statistics,
            new MessageHolding(statistics), new HeldBuffers()));
    }

    public void Open(ulong id, int process, string name, EndpointAddress local, EndpointAddress remote, bool isFromStart,
        EndpointRole role = EndpointRole.Unknown) =>
        Pipeline.OnOpen(new SocketOpen
        {
            Connection = id,
            Socket = id << 8,
            ProcessId = process,
            ProcessName = Encoding.UTF8.GetBytes(name),
            Local = local,
            Remote = remote,
            FromStart = isFromStart,
            Role = role,
        });

    public void Finish()
    {
        if (_isFinished) return;
        _isFinished = true;
        Pipeline.Finish();
        Assert.Equal(0, Pipeline.Connections);
        Assert.Equal(0, Pipeline.HeldBytes);
        Assert.Equal(0, Sink.InFlight.Count);
        Assert.Equal(Sink.Exchanges.Count, Statistics.Exchanges);
        Assert.Equal(
            Statistics.MovedBytes,
            Statistics.ParsedBytes + Statistics.PassedBytes + Statistics.DiscardedBytes + Statistics.DuplicateBytes
                + Statistics.GapBytesTotal);
    }

    public void Dispose() => Finish();
}
