using System.Buffers;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Analysis.Traces;
using NetProfiler.Http1;

namespace NetProfiler.Fuzz;

/// <summary>What must hold for every input; anything else is thrown.</summary>
internal static class Targets
{
    public static readonly (string Name, Action<Mutator> Try)[] All = [("heads", Heads), ("bodies", Bodies), ("connections", Connections)];

    /// <summary>A head ends where it says; what comes before says nothing else; what comes after changes nothing.</summary>
    public static void Heads(Mutator mutator)
    {
        var bytes = mutator.Next();
        var request = HeadReader.TryReadRequest(bytes, out var requestHead, out var requestFault);
        Check(request, requestHead.Length, requestFault, bytes.Length);
        var part = bytes[..mutator.Random.Next(bytes.Length + 1)];
        var partly = HeadReader.TryReadRequest(part, out var partlyHead, out var partlyFault);
        CheckPart(request, requestHead.Length, requestFault, partly, partlyHead.Length, partlyFault, part.Length);

        var response = HeadReader.TryReadResponse(bytes, out var responseHead, out var responseFault);
        Check(response, responseHead.Length, responseFault, bytes.Length);
        partly = HeadReader.TryReadResponse(part, out var partlyAnswer, out partlyFault);
        CheckPart(response, responseHead.Length, responseFault, partly, partlyAnswer.Length, partlyFault, part.Length);

        if (request == OperationStatus.Done)
        {
            Require(HeadReader.LooksLikeRequest(bytes) == OperationStatus.Done, "a request does not look like one");
            Require(requestHead.MethodName.Length > 0 && requestHead.Target.Length > 0, "an empty method or target");
            foreach (var field in new HeaderFields(requestHead.FieldLines.Of(bytes)))
                Require(!field.Name.IsEmpty, "a field without a name");
        }

        if (response == OperationStatus.Done) Require(responseHead.Status is >= 100 and <= 999, "a status out of range");
    }

    /// <summary>A body reads the same in two parts as whole.</summary>
    public static void Bodies(Mutator mutator)
    {
        var bytes = mutator.Next();
        var random = mutator.Random;
        var length = random.Next(4) switch
        {
            0 => new BodyLength(BodyKind.Fixed, random.Next(3) == 0 ? random.NextInt64(long.MaxValue) : random.Next(2000)),
            1 => new BodyLength(BodyKind.UntilClose, 0),
            _ => new BodyLength(BodyKind.Chunked, 0),
        };

        // Behind a head, if there is one: chunks are found there.
        int head = bytes.IndexOf("\r\n\r\n"u8);
        if (head >= 0) bytes = bytes[(head + 4)..];
        var whole = new BodyReader(length);
        var status = whole.Read(bytes, out int consumed);
        Require(consumed <= bytes.Length && whole.ContentBytes <= consumed, "more content than bytes");
        Require(status != OperationStatus.NeedMoreData || consumed == bytes.Length, "bytes left although more are needed");

        int cut = random.Next(bytes.Length + 1);
        var parts = new BodyReader(length);
        var first = parts.Read(bytes[..cut], out int before);
        int after = 0;
        var last = first == OperationStatus.NeedMoreData ? parts.Read(bytes[cut..], out after) : first;
        Require(last == status && before + after == consumed && parts.ContentBytes == whole.ContentBytes && parts.Invalid == whole.Invalid,
            "parts read otherwise than the whole");
    }

    /// <summary>Whatever is told of connections: nothing throws, every byte is accounted for, nothing stays.</summary>
    public static void Connections(Mutator mutator)
    {
        var random = mutator.Random;
        var sink = new CountingSink();
        var pipeline = new ExchangePipeline(sink, NoKernel.Instance, new CaptureStatistics(),
            random.Next(3) == 0 ? null : new HoldingPolicy(random.Next(5000), random.Next(5000)));
        long time = 0;
        int connections = random.Next(1, 4);
        var positions = new uint[connections, 2];
        for (int i = 0; i < connections; i++)
        {
            pipeline.OnOpen(new SocketOpen
            {
                Connection = (ulong)i,
                ProcessId = 1,
                ProcessName = "fuzz"u8,
                Local = EndpointAddress.IPv4([10, 0, 0, 1], 80),
                Remote = EndpointAddress.IPv4([10, 0, 0, 2], (ushort)(40_000 + i)),
                FromStart = random.Next(4) != 0,
            });
            if (random.Next(8) == 0) positions[i, 0] = positions[i, 1] = uint.MaxValue - (uint)random.Next(1000);
        }

        for (int events = random.Next(1, 12); events > 0; events--)
        {
            int which = random.Next(connections);
            var direction = (Direction)random.Next(2);
            var bytes = mutator.Next();
            if (bytes.Length > 4096 && random.Next(8) != 0) bytes = bytes[..4096];
            while (!bytes.IsEmpty)
            {
                var piece = bytes[..(random.Next(3) == 0 ? random.Next(1, bytes.Length + 1) : bytes.Length)];
                bytes = bytes[piece.Length..];
                if (random.Next(20) == 0) positions[which, (int)direction] += (uint)random.Next(5000); // lost
                if (random.Next(30) == 0) positions[which, (int)direction] -= (uint)random.Next(100);  // told again
                int captured = random.Next(10) == 0 ? random.Next(piece.Length + 1) : piece.Length;
                int offset = random.Next(10) == 0 ? random.Next(piece.Length - captured + 1) : 0;
                time += random.Next(20) == 0 ? 200_000_000 : random.Next(-1000, 10_000);
                uint there = Opposite(random, positions[which, 1 - (int)direction]);
                pipeline.OnData(new SocketData
                {
                    Connection = (ulong)which,
                    Direction = direction,
                    Position = positions[which, (int)direction],
                    Length = (uint)piece.Length,
                    Offset = (uint)offset,
                    Bytes = piece.Slice(offset, captured),
                    Uncaptured = (Uncaptured)random.Next(64),
                    TimeNanoseconds = time,
                    StartNanoseconds = random.Next(3) == 0 ? 0 : time - random.Next(1000),
                    Call = SocketCall.Read,
                    ProcessId = 1,
                    IsContinued = random.Next(8) == 0,
                    HasOpposite = random.Next(8) != 0,
                    OppositeTaken = there - (random.Next(4) == 0 ? (uint)random.Next(200) : 0),
                    OppositeThere = there,
                });
                positions[which, (int)direction] += (uint)piece.Length;
            }

            if (random.Next(20) == 0) pipeline.OnEnd((ulong)which, direction, time);
            if (random.Next(20) == 0) pipeline.OnClose(new SocketClose((ulong)which, time, IsHeld: random.Next(2) == 0));
            if (random.Next(10) == 0) pipeline.Advance(time);
        }

        pipeline.Finish();
        var statistics = pipeline.Statistics;
        Require(pipeline.Connections == 0, "a connection stays");
        Require(pipeline.HeldBytes == 0, "content stays");
        Require(sink.Exchanges == statistics.Exchanges, "exchanges are lost between pipeline and sink");
        Require(statistics.MovedBytes == statistics.ParsedBytes + statistics.PassedBytes + statistics.DiscardedBytes
            + statistics.DuplicateBytes + statistics.GapBytesTotal,
            "bytes are not accounted for");
    }

    /// <summary>
    /// Where the opposite stream stood: mostly where it does, at times before or beyond what was told of it, or anywhere.
    /// </summary>
    private static uint Opposite(Random random, uint position) => random.Next(16) switch
    {
        0 => position - (uint)random.Next(500),
        1 => position + (uint)random.Next(500),
        2 when random.Next(8) == 0 => (uint)random.NextInt64(uint.MaxValue),
        _ => position,
    };

    private static void Check(OperationStatus status, int length, InvalidReason fault, int available)
    {
        Require(length <= available && length <= HeadReader.MaxHeadBytes, "a head beyond its bound");
        Require((status == OperationStatus.InvalidData) == (fault != InvalidReason.None),
            "a fault without a reason, or the other way round");
        Require(status != OperationStatus.Done || length > 0, "an empty head");
        Require(status != OperationStatus.NeedMoreData || available < HeadReader.MaxHeadBytes + 2,
            "more is wanted of a head that is too large");
    }

    // Reading on from a part can only add to what the part said.
    private static void CheckPart(OperationStatus whole, int length, InvalidReason fault, OperationStatus part, int partLength,
        InvalidReason partFault, int available)
    {
        if (part == OperationStatus.Done)
            Require(whole == OperationStatus.Done && length == partLength, "a head changes with what follows it");
        if (part == OperationStatus.InvalidData)
            Require(whole == OperationStatus.InvalidData && fault == partFault, "a fault changes with what follows it");
        if (whole == OperationStatus.Done)
            Require(part == (available >= length ? OperationStatus.Done : OperationStatus.NeedMoreData),
                "a part of a head is something else");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidOperationException(otherwise);
    }

    private sealed class CountingSink : IExchangeSink
    {
        private static readonly SamplingRule EverythingRule =
            SamplingRule.Default with { Content = new ContentPolicy(CollectedContent.Full, CollectedContent.Full,
                ContentPolicy.MaxMessageBytes, ContentPolicy.MaxMessageBytes) };

        public long Exchanges { get; private set; }

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

        public void Accept(in Exchange exchange)
        {
            if (exchange.DurationNanoseconds < 0 || exchange.TimeToFirstByteNanoseconds < 0)
                throw new InvalidOperationException("a negative time");
            if (exchange.RequestBodyBytes > exchange.RequestBytes || exchange.ResponseBodyBytes > exchange.ResponseBytes)
                throw new InvalidOperationException("a body larger than its message");
            if (exchange.Method.IsEmpty || exchange.Target.IsEmpty)
                throw new InvalidOperationException("an exchange without method or target");
            var sample = SampleFactory.Of(exchange, new SampleTag(new SpanId(1), EverythingRule.Name, SampledAs.Slow, null), EverythingRule,
                null, null, 0);
            foreach (var message in new[] { sample.Request, sample.Response })
            {
                if (message.Head.Length + message.Body.Length > message.Bytes)
                    throw new InvalidOperationException("more is held than was there");
                if (message.Calls.Length > SampledMessage.MaxCalls || message.Calls.Sum(call => call.Bytes) > message.Bytes)
                    throw new InvalidOperationException("calls moved more than was there");
            }

            Exchanges++;
        }
    }
}
