namespace NetProfiler.Capture;

/// <summary>What the kernel side counts: enum counter of bpf/capture.h, where each is explained.</summary>
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
