using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Connections;

/// <summary>What all connections of a pipeline share: where exchanges and counts go, whom they ask, and where bytes are held.</summary>
internal sealed record ConnectionServices(IExchangeSink Sink, IKernelConnections Kernel, CaptureStatistics Statistics,
    MessageHolding Holding, HeldBuffers Buffers)
{
    /// <summary>Messages of a connection become no exchange.</summary>
    public void CountUnpaired(Connection connection, UnpairedReason reason, int messages = 1)
    {
        Statistics.CountUnpaired(reason, messages);
        // What is under way when profiling ends was read well enough.
        if (reason != UnpairedReason.InFlight && messages > 0) Sink.AcceptUnread(connection, messages);
    }
}
