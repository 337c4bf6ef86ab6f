namespace NetProfiler.Capture;

/// <summary>The counters of the kernel side: enum counter of bpf/capture.h, where each is documented.</summary>
public enum Counter
{
    Events = 0,
    LostRingFull,
    LostFault,
    LostSegments,
    LostConnections,
    LostCompat,
    LostClosed,
    LostIoUring,
    LimitedBytes,
    SkippedBytes,
    LengthOnlyBytes,
    IgnoredCalls,
    ConnectionsOpened,
    ConnectionsClosed,
    TlsStreams,
    TlsUnbound,
    TlsTwoCarriers,
    TlsLostCalls,
    TlsLostStreams,
}
