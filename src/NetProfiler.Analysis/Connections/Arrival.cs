namespace NetProfiler.Analysis.Connections;

/// <summary>When a call that moved bytes began and returned. CLOCK_MONOTONIC.</summary>
/// <param name="ReadyNanoseconds">When its first byte, and those up to <paramref name="ReadyEnd"/>, were ready to be read; 0: not known.</param>
internal readonly record struct Arrival(long CallNanoseconds, long ReturnNanoseconds, long ReadyNanoseconds, ulong ReadyEnd)
{
    /// <summary>When the byte at a position of the stream was ready to be read; 0: not known.</summary>
    public long ReadyAt(ulong position) => position < ReadyEnd ? ReadyNanoseconds : 0;
}
