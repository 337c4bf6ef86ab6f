using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>One socket call that moved bytes of a message.</summary>
public readonly record struct SampledCall(SocketCall Call, Direction Direction, long Bytes, long StartUnixNanoseconds,
    long EndUnixNanoseconds);
