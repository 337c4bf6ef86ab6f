namespace NetProfiler.Analysis.Exchanges;

/// <summary>
/// What is known of the event that brought bytes: its call's times, and where the opposite stream stood. CLOCK_MONOTONIC.
/// </summary>
/// <param name="CallNanoseconds">When the call began.</param>
/// <param name="ReadyNanoseconds">When its first byte, and those up to <paramref name="ReadyEnd"/>, were ready to be read; 0: not
/// known.</param>
/// <param name="Position">Of its first new byte.</param>
/// <param name="Opposite">Where the opposite stream stood.</param>
internal readonly record struct Arrival(
    long CallNanoseconds, long ReturnNanoseconds, long ReadyNanoseconds, ulong ReadyEnd, ulong Position, OppositePosition Opposite)
{
    /// <summary>When the byte at a position of the stream was ready to be read; 0: not known.</summary>
    public long ReadyAt(ulong position) => position < ReadyEnd ? ReadyNanoseconds : 0;
}

/// <summary>Where the opposite stream stood when a call moved bytes: the evidence for what answers what (docs/http1.md).</summary>
/// <param name="Taken">How far its receiver had taken it: a response that begins with this call answers a request that begins
/// before.</param>
/// <param name="There">How far it existed: the answer to a request that begins with this call begins there or later.</param>
/// <param name="QuietNanoseconds">How long both streams had stood still, at least, when the call's first byte came; 0: not known.</param>
/// <param name="IsKnown">False: the source does not tell.</param>
internal readonly record struct OppositePosition(ulong Taken, ulong There, long QuietNanoseconds, bool IsKnown);
