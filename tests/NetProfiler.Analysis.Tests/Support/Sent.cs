using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>Makes exchanges of given lengths in time and hands them to a sink, by way of the pipeline.</summary>
internal static class Sent
{
    public static void Exchanges(ExchangeTaker taker, params (string Target, int Status, long DurationNanoseconds)[] exchanges)
    {
        using var capture = new Capture();
        var pipeline = new ExchangePipeline(new Sink(taker), capture.Kernel, new CaptureStatistics());
        pipeline.OnOpen(new SocketOpen
        {
            Connection = 1, ProcessId = 1, ProcessName = "server"u8, Local = Script.Address(1, 80), Remote = Script.Address(2, 40_000),
            FromStart = true,
        });
        uint received = 0, sent = 0;
        long now = 1_000_000;
        foreach (var (target, status, duration) in exchanges)
        {
            byte[] request = Script.Bytes(Http.Get(target)), response = Script.Bytes(Http.Response(status));
            new Transfer(1, Direction.Ingress, SocketCall.Read, received, request, 0, now).Deliver(pipeline);
            new Transfer(1, Direction.Egress, SocketCall.Write, sent, response, 0, now += duration).Deliver(pipeline);
            received += (uint)request.Length;
            sent += (uint)response.Length;
        }
    }

    private sealed class Sink(ExchangeTaker taker) : IExchangeSink
    {
        public InFlight? Begin(in Exchange exchange) => null;

        public void AcceptUnfinished(in Exchange exchange)
        {
        }

        public void AcceptUnread(ConnectionIdentity connection, int count)
        {
        }

        public void AcceptTls(ConnectionIdentity connection, bool mayBeRead)
        {
        }

        public void AcceptTlsRead(ConnectionIdentity connection)
        {
        }

        public void AcceptTlsUnread(ConnectionIdentity connection, TlsUnreadReason reason)
        {
        }

        public void AcceptRefuted(ConnectionIdentity connection, int count)
        {
        }

        public void Accept(in Exchange exchange) => taker(exchange);
    }
}
