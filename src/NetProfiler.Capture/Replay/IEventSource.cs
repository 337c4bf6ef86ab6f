using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Replay;

/// <summary>What the capturing side counted.</summary>
public interface ICaptureCounters
{
    long Read(Counter counter);

    /// <summary>Calls of any process that the kernel left out because one was interrupted (Linux 7).</summary>
    long CountLeftOut() => 0;
}

/// <summary>Events of the past: of a recording or of captured packets. One thread.</summary>
public interface IEventSource : ICaptureCounters
{
    /// <summary>Hands over the next record or packet. False: there is none, and <see cref="Fault"/> says whether that is the end.</summary>
    bool Read(IReplayHandler handler);

    /// <summary>Told by the kernel side, call by call, and not by packets.</summary>
    bool IsRecording { get; }

    /// <summary>What the capturing side would answer.</summary>
    IKernelConnections Kernel { get; }

    /// <summary>Why reading ended before the end; null: it did not.</summary>
    string? Fault { get; }

    /// <summary>What this kind of source can lose beyond the <see cref="Counter"/>s, in words.</summary>
    IEnumerable<(string Reason, long Count)> Losses { get; }

    /// <summary>Packets that were captured in part. No loss by itself: what is missing may be content of known length.</summary>
    (string Reason, long Count) CutPackets => default;
}

/// <summary>Takes events of the past, and what the clock said between them.</summary>
public interface IReplayHandler : ISocketEventHandler
{
    /// <summary>Everything up to this time was handed over.</summary>
    void OnTime(long nowNanoseconds);

    /// <summary>Once a second or when it changed: what to add to a time to get nanoseconds since 1970.</summary>
    void OnClock(long nowNanoseconds, long wallOffsetNanoseconds);

    /// <summary>Connections whose end was lost were looked for.</summary>
    void OnSweep(long nowNanoseconds);
}

/// <summary>A file that is not what it should be from its first bytes on; the message says how.</summary>
public sealed class UnreadableFileException(string message) : Exception(message);
