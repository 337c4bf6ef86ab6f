namespace NetProfiler.Analysis.Events;

/// <summary>Requests from the analysis to the source of events, to avoid bytes that are not needed.</summary>
public interface IKernelConnections
{
    /// <summary>Bytes of this direction before the position (modulo 2^32) need not be copied.</summary>
    void SkipUntil(ulong connection, Direction direction, uint position);

    /// <summary>Cancels <see cref="SkipUntil"/>.</summary>
    void StopSkipping(ulong connection, Direction direction);

    /// <summary>The connection does not carry HTTP/1.x, or no longer: only its end is reported from here on.</summary>
    void Ignore(ulong connection);

    /// <summary>Requests the start time of every call, which TCP does not record by itself.</summary>
    void TimeCalls()
    {
    }

    /// <summary>The connection has ended without the kernel side noticing: its process exited without closing it.</summary>
    void Forget(ulong connection, ulong socket);

    /// <summary>Whether plaintext of the process's TLS sessions is read, or was until a moment ago.</summary>
    bool ReadsTls(int processId);

    /// <summary>Why no session was bound to a TLS connection.</summary>
    /// <param name="openedNanoseconds">CLOCK_MONOTONIC when the connection was first seen; 0 if unknown.</param>
    TlsUnreadReason WhyTlsUnread(int processId, long openedNanoseconds);

    /// <summary>Whether the connection still exists in the kernel. False if the event of its end was lost.</summary>
    bool IsOpen(ulong connection, ulong socket);
}
