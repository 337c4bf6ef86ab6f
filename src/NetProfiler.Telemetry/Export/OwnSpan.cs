using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Telemetry.Export;

/// <summary>What our own span is called, where there is none to attach to or where every sample is one.</summary>
internal static class OwnSpan
{
    /// <summary>A trace of one span: its identity repeated, which is random enough.</summary>
    public static TraceId TraceIdOf(ShownSample sample) => new(new UInt128(~sample.Id.Bits, sample.Id.Bits));

    /// <summary>Few of them: the method, and the rule in place of a route.</summary>
    public static string NameOf(ShownSample sample) => sample.Rule is { Length: > 0 } rule ? $"{sample.Method} {rule}" : sample.Method;
}
