using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Connections;

/// <summary>Dependencies shared by all connections of a pipeline: the exchange sink, kernel lookups, counters, and buffers.</summary>
internal sealed record ConnectionServices(IExchangeSink Sink, IKernelConnections Kernel, CaptureStatistics Statistics,
    MessageHolding Holding, HeldBuffers Buffers)
{
    /// <summary>Counts messages of a connection that are not part of an exchange.</summary>
    public void CountUnpaired(Connection connection, UnpairedReason reason, int messages = 1)
    {
        Statistics.CountUnpaired(reason, messages);
        // Messages in flight when profiling ends are not a reading failure.
        if (reason != UnpairedReason.InFlight && messages > 0) Sink.AcceptUnread(connection, messages);
    }
}
