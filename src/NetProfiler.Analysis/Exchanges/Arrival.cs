namespace NetProfiler.Analysis.Exchanges;

/// <summary>The event that brought bytes: the times of its call, and the position of the opposite stream. CLOCK_MONOTONIC.</summary>
/// <param name="CallNanoseconds">When the call began.</param>
/// <param name="ReadyNanoseconds">When its first byte, and those up to <paramref name="ReadyEnd"/>, were ready to be read; 0 if
/// unknown.</param>
/// <param name="Position">Position of its first new byte.</param>
/// <param name="Opposite">Position of the opposite stream.</param>
internal readonly record struct Arrival(
    long CallNanoseconds, long ReturnNanoseconds, long ReadyNanoseconds, ulong ReadyEnd, ulong Position, OppositePosition Opposite)
{
    /// <summary>When the byte at a position of the stream was ready to be read; 0 if unknown.</summary>
    public long ReadyAt(ulong position) => position < ReadyEnd ? ReadyNanoseconds : 0;
}

/// <summary>
/// Position of the opposite stream when a call moved bytes: the evidence for matching responses to requests (docs/http1.md).
/// </summary>
/// <param name="Taken">Position up to which its receiver had taken it: a response that begins with this call answers a request that begins
/// before.</param>
/// <param name="There">Position up to which it existed: the response to a request that begins with this call begins there or later.</param>
/// <param name="QuietNanoseconds">Minimum time for which both streams had been idle when the call's first byte arrived; 0 if
/// unknown.</param>
/// <param name="IsKnown">False if the source does not report positions.</param>
internal readonly record struct OppositePosition(ulong Taken, ulong There, long QuietNanoseconds, bool IsKnown);
