using System.Diagnostics;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Capture.Tests.Support;

/// <summary>A capture session of the real kernel, and the analysis of what it tells.</summary>
internal sealed class LiveCapture : IDisposable
{
    private const int MaxEvents = 100_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Counter[] Losses =
        [.. Enum.GetValues<Counter>().Where(counter => counter.ToString().StartsWith("Lost", StringComparison.Ordinal)),
            Counter.LimitedBytes];

    private readonly CollectingSink _sink = new();
    private readonly Dictionary<Counter, long> _before;
    private readonly bool _isOwner;

    /// <summary>A session of its own.</summary>
    public LiveCapture(CaptureTargets targets, CaptureOptions? options = null)
        : this(CaptureSession.Start(targets, options ?? new CaptureOptions())) => _isOwner = true;

    /// <summary>What a session sees from now on.</summary>
    public LiveCapture(CaptureSession session)
    {
        Session = session;
        session.Drain(new ExchangePipeline(new CollectingSink(), session, new CaptureStatistics()), int.MaxValue); // of nobody any more
        Pipeline = new ExchangePipeline(_sink, Session, new CaptureStatistics());
        _before = Enum.GetValues<Counter>().ToDictionary(counter => counter, session.Read);
    }

    public CaptureSession Session { get; }

    public ExchangePipeline Pipeline { get; }

    public IReadOnlyList<SeenExchange> Exchanges => _sink.Exchanges;

    /// <summary>Exchanges, with those on connections joined in the middle that are counted and not shown.</summary>
    public long Found => _sink.Exchanges.Count + Pipeline.Statistics.Unpaired(UnpairedReason.Unproven);

    public IEnumerable<string> Of(EndpointRole role) =>
        _sink.Exchanges.Where(exchange => exchange.Role == role).Select(exchange => exchange.Line);

    /// <summary>Everything that was lost, with its reason; nothing where nothing should be.</summary>
    public IEnumerable<string> Lost =>
    [
        .. Losses.Where(counter => Counted(counter) > 0).Select(counter => $"{counter} {Counted(counter)}"),
        .. Enum.GetValues<UnpairedReason>().Where(reason => Pipeline.Statistics.Unpaired(reason) > 0)
            .Select(reason => $"{reason} {Pipeline.Statistics.Unpaired(reason)}"),
        .. Enum.GetValues<GapReason>().Where(reason => Pipeline.Statistics.GapBytes(reason) > 0)
            .Select(reason => $"{reason} {Pipeline.Statistics.GapBytes(reason)} bytes"),
    ];

    public long Counted(Counter counter) => Session.Read(counter) - _before[counter];

    public void Drain()
    {
        if (Session.Drain(Pipeline, MaxEvents) < MaxEvents) Pipeline.Advance(MonotonicClock.Nanoseconds);
    }

    /// <summary>Hands events over until it is so. False: it never was.</summary>
    public bool Until(Func<bool> isSo)
    {
        var time = Stopwatch.StartNew();
        while (time.Elapsed < Patience)
        {
            Drain();
            if (isSo()) return true;
            Session.Wait(2);
        }

        return false;
    }

    /// <summary>Hands over what the processes that ended have left, until their connections are gone; the kernel closes TCP late.</summary>
    public void Settle()
    {
        Drain();
        Until(() => Pipeline.Connections == 0 && Session.PendingBytes == 0);
        Drain();
    }

    public void Dispose()
    {
        if (_isOwner) Session.Dispose();
    }
}
