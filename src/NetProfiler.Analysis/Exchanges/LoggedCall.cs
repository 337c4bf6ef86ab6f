using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>A call that moved bytes of a stream.</summary>
/// <param name="Start">Position of its first byte.</param>
/// <param name="End">Position after its last byte.</param>
internal readonly record struct LoggedCall(ulong Start, ulong End, SocketCall Call, long CallNanoseconds, long ReturnNanoseconds)
{
    /// <summary>The parts of a long call are reported separately.</summary>
    public bool IsSameAs(in LoggedCall other) =>
        Call == other.Call && CallNanoseconds == other.CallNanoseconds && ReturnNanoseconds == other.ReturnNanoseconds;
}
