using System.Diagnostics;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Analysis.Tests.Support;
using NetProfiler.Analysis.TopLists;
using Xunit.Abstractions;

namespace NetProfiler.Analysis.Tests;

/// <summary>Alone: a collection of garbage that another test brings about empties the pool that these count on.</summary>
[Collection(AloneCollection.Name)]
public class AllocationTests(ITestOutputHelper output)
{
    private const int Exchanges = 100_000;
    private static readonly byte[] Request =
        "GET /cart?id=1 HTTP/1.1\r\nHost: example\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n"u8.ToArray();
    private static readonly byte[] Response =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nHello world!"u8.ToArray();

    [Fact]
    public void An_exchange_allocates_nothing()
    {
        var load = new Load();
        load.Open(1);
        load.Run(1, 1_000, inParts: false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        load.Run(1, Exchanges, inParts: false);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalNanoseconds / Exchanges:F0} ns an exchange, two events each");
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void An_exchange_in_parts_allocates_nothing()
    {
        var load = new Load();
        load.Open(1);
        load.Run(1, 1_000, inParts: true);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            GC.Collect(); // what a pool keeps must outlive it
            load.Run(1, Exchanges / 20, inParts: true);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_exchange_whose_content_is_held_and_that_is_not_sampled_allocates_nothing(bool inParts)
    {
        var load = new Load(new HoldingPolicy(HoldingPolicy.MaxBodyBytes, HoldingPolicy.MaxBodyBytes));
        load.Open(1);
        load.Run(1, 1_000, inParts);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            GC.Collect();
            load.Run(1, Exchanges / 20, inParts);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(load.MostHeldBytes > 12, "nothing was held");
    }

    [Fact]
    public void A_connection_in_a_steady_pool_allocates_no_more_than_its_peers_name()
    {
        var load = new Load();
        for (ulong id = 1; id <= 1_000; id++) load.Live(id);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong id = 1_001; id <= 11_000; id++) load.Live(id);
        double bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / 10_000.0;
        output.WriteLine($"{bytes:F0} bytes a connection");
        Assert.InRange(bytes, 0, 200);
    }

    /// <summary>Exchanges through everything that an agent counts with.</summary>
    private sealed class Load : IExchangeSink, IKernelConnections
    {
        private readonly ExchangePipeline _pipeline;
        private readonly ExchangeMetrics _metrics = new(ExchangeMetrics.DefaultMaxSeries);
        private readonly PhaseMetrics _phases = new(ExchangeMetrics.DefaultMaxSeries);
        private readonly Edges _edges = new();
        private readonly TrafficOverview _overview = new();
        private readonly ActiveMetrics _active = new(250);
        private readonly SlowestList _slowest = new(10);
        private readonly LatestList _latest = new(10);
        private readonly RuleSet _rules = new([new SamplingRule("cart", new("^/cart"), 250_000_000, true, true), SamplingRule.Default]);
        private long _now = 1_000_000;
        private uint _received;
        private uint _sent;

        public Load(HoldingPolicy? holding = null) => _pipeline = new ExchangePipeline(this, this, new CaptureStatistics(), holding);

        public long MostHeldBytes { get; private set; }

        public InFlight? Begin(in Exchange exchange) => _active.Of(exchange, server: null, _overview);

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

        public void Accept(in Exchange exchange)
        {
            MostHeldBytes = long.Max(MostHeldBytes, _pipeline.HeldBytes);
            var rule = _rules.Find(exchange.Target, exchange.StartNanoseconds)!;
            var peers = _pipeline.PeersOf(exchange.Connection);
            _metrics.Record(exchange, peers, server: null, rule.Name);
            _phases.Record(exchange, peers);
            _edges.Record(exchange, peers);
            _overview.Record(peers, exchange.Status, exchange.DurationNanoseconds);
            _slowest.Offer(exchange);
            _latest.Offer(exchange);
        }

        public void Open(ulong id)
        {
            _received = _sent = 0;
            _pipeline.OnOpen(new SocketOpen
            {
                Connection = id, ProcessId = 1, ProcessName = "server"u8, FromStart = true,
                Local = EndpointAddress.IPv4([10, 0, 0, 1], 80), Remote = EndpointAddress.IPv4([10, 0, 0, 2], (ushort)id),
            });
        }

        public void Live(ulong id)
        {
            Open(id);
            Run(id, 2, inParts: false);
            _pipeline.OnClose(new SocketClose(id, _now, IsHeld: false));
        }

        public void Run(ulong id, int exchanges, bool inParts)
        {
            for (int i = 0; i < exchanges; i++)
            {
                Move(id, Direction.Ingress, Request, inParts, ref _received);
                Move(id, Direction.Egress, Response, inParts, ref _sent);
            }
        }

        public void SkipUntil(ulong connection, Direction direction, uint position) => throw new UnreachableException();

        public void StopSkipping(ulong connection, Direction direction) => throw new UnreachableException();

        public void Ignore(ulong connection) => throw new UnreachableException();

        public void Forget(ulong connection, ulong socket)
        {
        }

        public bool ReadsTls(int processId) => false;

        public TlsUnreadReason WhyTlsUnread(int processId, long openedNanoseconds) => TlsUnreadReason.Unbound;

        public bool IsOpen(ulong connection, ulong socket) => true;

        private void Move(ulong id, Direction direction, ReadOnlySpan<byte> bytes, bool inParts, ref uint position)
        {
            int part = inParts ? 30 : bytes.Length;
            for (; !bytes.IsEmpty; bytes = bytes[part..])
            {
                part = int.Min(part, bytes.Length);
                _now += 1_000;
                _pipeline.OnData(new SocketData
                {
                    Connection = id, Direction = direction, Call = SocketCall.Read, Uncaptured = Uncaptured.None, ProcessId = 1,
                    TimeNanoseconds = _now, StartNanoseconds = 0, Position = position, Length = (uint)part, Offset = 0,
                    Bytes = bytes[..part],
                });
                position += (uint)part;
            }
        }
    }
}
