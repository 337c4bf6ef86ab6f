using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Replay;

/// <summary>The counters of the capturing side.</summary>
public interface ICaptureCounters
{
    long Read(Counter counter);

    /// <summary>Number of calls, of any process, that the kernel skipped because a program was interrupted (Linux 7).</summary>
    long CountLeftOut() => 0;
}

/// <summary>A source of recorded events: a recording, or a packet capture. One thread.</summary>
public interface IEventSource : ICaptureCounters
{
    /// <summary>
    /// Submits the next record or packet. False if there is none; <see cref="Fault"/> distinguishes a fault from the end.
    /// </summary>
    bool Read(IReplayHandler handler);

    /// <summary>Whether the events were recorded from the kernel side, call by call, and not derived from packets.</summary>
    bool IsRecording { get; }

    /// <summary>The recorded answers of the capturing side.</summary>
    IKernelConnections Kernel { get; }

    /// <summary>Why reading stopped before the end. Null if it did not.</summary>
    string? Fault { get; }

    /// <summary>The losses of this kind of source in addition to the <see cref="Counter"/>s, by reason.</summary>
    IEnumerable<(string Reason, long Count)> Losses { get; }

    /// <summary>
    /// Number of packets that were captured in part. Not a loss by itself: the missing part may be content of known length.
    /// </summary>
    (string Reason, long Count) CutPackets => default;
}

/// <summary>Receives recorded events, with the times and clock readings between them.</summary>
public interface IReplayHandler : ISocketEventHandler
{
    /// <summary>All events up to this time have been submitted.</summary>
    void OnTime(long nowNanoseconds);

    /// <summary>Reported once a second, or when it has changed: the offset from a time to nanoseconds since 1970.</summary>
    void OnClock(long nowNanoseconds, long wallOffsetNanoseconds);

    /// <summary>A sweep for connections whose end was lost took place.</summary>
    void OnSweep(long nowNanoseconds);
}

/// <summary>A file that does not have the expected format from its first bytes on; the message states the fault.</summary>
public sealed class UnreadableFileException(string message) : Exception(message);
