namespace NetProfiler.Analysis.Events;

/// <summary>What analysis tells the source about a connection, to be spared bytes that it does not need.</summary>
public interface IKernelConnections
{
    /// <summary>Bytes of this direction before the position (modulo 2^32) need not be copied.</summary>
    void SkipUntil(ulong connection, Direction direction, uint position);

    /// <summary>Takes <see cref="SkipUntil"/> back.</summary>
    void StopSkipping(ulong connection, Direction direction);

    /// <summary>Not HTTP/1.x, or no longer: only its end is of interest.</summary>
    void Ignore(ulong connection);

    /// <summary>When calls begin is of interest, and TCP does not tell: from now on it is told of all.</summary>
    void TimeCalls()
    {
    }

    /// <summary>It ended, and the kernel side cannot know: its process left without closing it.</summary>
    void Forget(ulong connection, ulong socket);

    /// <summary>Whether plaintext of the process's TLS sessions is read, or was until a moment ago.</summary>
    bool ReadsTls(int processId);

    /// <summary>Why no session was bound to a TLS connection.</summary>
    /// <param name="openedNanoseconds">CLOCK_MONOTONIC when the connection was first seen; 0: not known.</param>
    TlsUnreadReason WhyTlsUnread(int processId, long openedNanoseconds);

    /// <summary>Whether the kernel still has it; false when its end was lost.</summary>
    bool IsOpen(ulong connection, ulong socket);
}
