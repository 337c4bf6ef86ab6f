using NetProfiler.Analysis.Tests.Support;
using NetProfiler.Capture.Packets;
using NetProfiler.Capture.Tests.Support;
using static NetProfiler.Capture.Tests.Packets.Encapsulation;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>Packets in tunnels hold the same exchanges as without them.</summary>
public class TunnelTests
{
    public static TheoryData<string> Kinds => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_capture_in_tunnels_has_the_exchanges_of_the_clear_one(string kind)
    {
        foreach (var talk in new[] { Talk(), Talk(isIPv6: true) })
        {
            var clear = Replayed.Of(CaptureFile.Classic(talk.Segments, hasNanoseconds: true));
            var seen = Replayed.Of(CaptureFile.Classic(talk.Segments, hasNanoseconds: true, framed: All[kind]));
            Assert.Equal(4, clear.Exchanges.Count);
            Assert.Equal(clear.Exchanges, seen.Exchanges);
            Assert.Empty(seen.Losses);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_snap_length_cuts_is_told_and_nothing_is_invented(string kind)
    {
        var whole = Replayed.Of(CaptureFile.Classic(Talk().Segments, framed: All[kind]));
        int longest = Talk().Segments.Max(one => All[kind](one).Length);
        for (int length = 0; length <= longest; length++)
        {
            var seen = Replayed.Of(CaptureFile.Classic(Talk().Segments.Select(one => one with { SnapLength = length }), framed: All[kind]));
            Assert.True(seen.Exchanges.All(one => whole.Lines.Contains(one.Line)), $"{length} bytes of each packet");
            Assert.True(seen.Exchanges.Count == 4 || seen.Losses.Any(), $"{length} bytes of each packet: nothing is said to be lost");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Spoilt_headers_never_throw(string kind)
    {
        byte[] frame = All[kind](Talk().Segments[3]);
        for (int at = 0; at < frame.Length; at++)
        {
            for (int value = 0; value < 256; value += at < 120 ? 1 : 85)
            {
                byte[] spoilt = [.. frame];
                spoilt[at] = (byte)value;
                var packet = new Packet { LinkType = CaptureFile.Ethernet, TimeNanoseconds = 0, Bytes = spoilt,
                    WireLength = spoilt.Length };
                var layer = TcpSegment.TryRead(packet, out var segment);
                if (layer == PacketLayer.Tcp) Assert.InRange(segment.Payload.Length, 0, segment.PayloadLength);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Reading_a_packet_allocates_nothing(string kind)
    {
        byte[] frame = All[kind](Talk().Segments[3]);
        long least = long.MaxValue; // the runtime itself may allocate on this thread once
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++) _ = Payload(frame);
            least = long.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);

        static int Payload(byte[] frame) => TcpSegment.TryRead(
            new Packet { LinkType = CaptureFile.Ethernet, TimeNanoseconds = 0, Bytes = frame, WireLength = frame.Length },
            out var segment) == PacketLayer.Tcp ? segment.PayloadLength : -1;
    }

    [Fact]
    public void The_same_addresses_in_two_tunnels_are_two_connections()
    {
        AreApart((one, which) => Vxlan(one, 42 + which));
        AreApart((one, which) => Gtp(one, 0x30, [], one.ToIp(), subscriber: which));
        AreApart((one, which) => Gre(one, [0x20, 0, 8, 0, 0, 0, 0, (byte)which], one.ToIp()));
        AreApart((one, which) => Tagged(Ether(one, one.ToIp()), 0x8100, 5 + which));
        AreApart((one, which) => Ether(one,
            [.. MplsEntry(1000, isLast: false), .. MplsEntry(70 + which, isLast: true), .. one.ToIp()], 0x8847));
        AreApart((one, which) => which == 0 ? Ether(one, one.ToIp()) : Vxlan(one, 42));
    }

    [Fact]
    public void A_packet_captured_with_and_without_its_tunnel_counts_once()
    {
        Func<Segment, byte[]>[] interfaces = [one => Ether(one, one.ToIp()), one => Vxlan(one, 42),
            one => Tagged(Vxlan(one, 42), 0x8100, 7)];
        foreach (bool isOuterFirst in new[] { false, true })
        {
            var order = isOuterFirst ? interfaces.Reverse().ToArray() : interfaces;
            foreach (int joinedAt in new[] { 0, 5 })
            {
                var segments = Talk().Segments.Skip(joinedAt).ToArray();
                int index = 0;
                var seen = Replayed.Of(CaptureFile.Classic(segments.SelectMany(one => new[] { one, one, one }),
                    framed: one => order[index++ % 3](one)));
                Assert.Equal(Replayed.Of(CaptureFile.Classic(segments)).Lines, seen.Lines);
                Assert.Equal(1, seen.Statistics.ConnectionsHttp);
            }
        }
    }

    [Fact]
    public void The_same_ports_again_in_a_tunnel_with_two_identifiers_are_another_connection()
    {
        var segments = Talk().Segments.Concat(Talk(clientStart: 700_000_000, serverStart: 900_000_000).Segments);
        var seen = Replayed.Of(CaptureFile.Classic(segments, framed: All["GTP-U"]));
        Assert.Equal(8, seen.Exchanges.Count);
        Assert.Equal(2, seen.Statistics.ConnectionsHttp);
        Assert.Empty(seen.Losses);
    }

    [Fact]
    public void Many_tunnels_with_the_same_ends_are_bounded()
    {
        int which = 0;
        var segments = Enumerable.Repeat(Talk().Segments[0], 70_000);
        var seen = Replayed.Of(CaptureFile.Classic(segments.Select((one, i) => one with { Sequence = (uint)i * 60_000 }),
            framed: one => Tagged(Vxlan(one, which % 60_000), 0x8100, 1 + which++ / 60_000)));
        Assert.Empty(seen.Exchanges);
        Assert.Contains(seen.Losses, loss => loss.StartsWith("connections let go", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("IPsec ESP")]
    [InlineData("MACsec")]
    [InlineData("L2TP")]
    [InlineData("PPP, compressed, encrypted or multilink")]
    [InlineData("GRE with a content or header that is not read")]
    [InlineData("Geneve with a content that is not read")]
    [InlineData("VXLAN-GPE")]
    [InlineData("MPLS with a content that is not recognised")]
    [InlineData("GTP-U without IP")]
    [InlineData("NSH")]
    [InlineData("provider backbone bridging")]
    [InlineData("more headers than are read")]
    [InlineData("IP fragments")]
    public void What_is_not_read_is_counted_by_kind(string reason)
    {
        var one = Talk().Segments[3];
        byte[] content = [0xF0, .. new byte[63]];
        byte[][] frames = reason switch
        {
            "IPsec ESP" => [Ether(one, OuterIPv4(one, 50, content)), Ether(one, OuterIPv6(one, 50, content)),
                Ether(one, OuterIPv4(one, 17, Datagram(4500, content)))],
            "MACsec" => [Ether(one, content, 0x88E5)],
            "L2TP" => [Ether(one, OuterIPv4(one, 115, content)), Ether(one, OuterIPv4(one, 17, Datagram(1701, content)))],
            "PPP, compressed, encrypted or multilink" => [Pppoe(one, [0, 0xFD, .. content]), Pppoe(one, [0x3D, .. content])],
            "GRE with a content or header that is not read" =>
                [Gre(one, [0, 0, 0x88, 0x3E], content), Gre(one, [0x40, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0], one.ToIp()),
                Gre(one, [0, 2, 8, 0], one.ToIp())],
            "Geneve with a content that is not read" =>
                [Ether(one, OuterIPv4(one, 17, Datagram(6081, [0, 0, 0x12, 0x34, 0, 0, 42, 0, .. content])))],
            "VXLAN-GPE" => [Ether(one, OuterIPv4(one, 17, Datagram(4790, content)))],
            "MPLS with a content that is not recognised" => [Ether(one, [.. MplsEntry(77, isLast: true), .. content], 0x8847)],
            "GTP-U without IP" => [Gtp(one, 0x30, [], content)],
            "NSH" => [Ether(one, content, 0x894F),
                Ether(one, OuterIPv4(one, 17, Datagram(6081, [0, 0, 0x89, 0x4F, 0, 0, 42, 0, .. content])))],
            "provider backbone bridging" => [Ether(one, content, 0x88E7)],
            "more headers than are read" =>
            [
                Enumerable.Repeat(0, 40).Aggregate(Ether(one, one.ToIp()), (frame, _) => Tagged(frame, 0x8100, 1)),
                Ether(one, [.. Enumerable.Repeat(MplsEntry(1, isLast: false), 20).SelectMany(label => label), .. MplsEntry(2, isLast: true),
                    .. one.ToIp()], 0x8847),
                Enumerable.Repeat(0, 40).Aggregate(Ether(one, one.ToIp()), (frame, _) => Ether(one, OuterIPv4(one, 4, frame[14..]))),
            ],
            _ =>
            [
                Ether(one, OuterIPv4(one, 17, Datagram(4789, content), fragment: 0x2000)),
                Ether(one, OuterIPv4(one, 47, content, fragment: 0x2000)),
                Ether(one, OuterIPv4(one, 4, content, fragment: 100)), Ether(one, OuterIPv6(one, 44, [4, 0, 0, 1, 0, 0, 0, 1, .. content])),
            ],
        };
        int at = 0;
        var seen = Replayed.Of(CaptureFile.Classic(frames.Select(_ => one), framed: _ => frames[at++]));
        Assert.Equal([$"packets left out, {reason}: {frames.Length}"], seen.Losses);
    }

    [Fact]
    public void What_only_looks_like_a_tunnel_is_not_counted()
    {
        var one = Talk().Segments[3];
        byte[][] frames =
        [
            Ether(one, OuterIPv4(one, 17, Datagram(4789, new byte[64]))),
            Ether(one, OuterIPv4(one, 17, Datagram(8472, [0x12, 0x34, 0x81, 0x80, .. new byte[60]]))),
            Ether(one, OuterIPv4(one, 17, Datagram(6081, [0xFF, .. new byte[60]]))),
            Ether(one, OuterIPv4(one, 17, Datagram(2152, [0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]))),
            Ether(one, OuterIPv4(one, 17, Datagram(53, new byte[64]))), Ether(one, [0xC0, 0x21, 1, 1, 0, 4], 0x8864),
            Ether(one, [0x11, 9, 0, 0, 0, 0], 0x8863),
            Pppoe(one, [0xC0, 0x21, 1, 1, 0, 4]), Ether(one, [0x42, 0x42, 3, .. new byte[35]], 38), Ether(one, new byte[46], 0x0806),
            Ether(one, OuterIPv4(one, 17, Datagram(53, new byte[64]), fragment: 0x2000)),
            Ether(one, OuterIPv4(one, 17, new byte[64], fragment: 0x2010)),
        ];
        int at = 0;
        Assert.Empty(Replayed.Of(CaptureFile.Classic(frames.Select(_ => one), framed: _ => frames[at++])).Losses);
    }

    /// <summary>What is built here is what another dissector takes it for.</summary>
    [SkippableFact]
    public void Tshark_sees_the_same_requests()
    {
        Skip.IfNot(Tool.IsThere("tshark"), "needs tshark");
        string file = Path.GetTempFileName();
        try
        {
            // One connection of each kind, told apart by its client's port.
            var kinds = All.ToArray();
            var segments = kinds.SelectMany((_, index) =>
                Talk().Segments.Select(one => one with { ClientPort = (ushort)(40_000 + index) }));
            System.IO.File.WriteAllBytes(file, CaptureFile.Classic(segments, framed: one => kinds[one.ClientPort - 40_000].Value(one)));
            string output = Tool.Run("tshark", "-r", file, "-T", "fields", "-e", "tcp.srcport", "-e", "http.request.uri", "-Y",
                "http.request", "-d", "udp.port==8472,vxlan",
                "-d", $"mpls.label=={ControlWordLabel},pwethcw", "-d", $"mpls.label=={EthernetLabel},pwethnocw");
            var seen = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))
                .ToLookup(fields => int.Parse(fields[0]) - 40_000, fields => fields[1]);
            Assert.All(kinds.Index(), one => Assert.Equal((one.Item.Key, "/a /b /c /d"),
                (one.Item.Key, string.Join(' ', seen[one.Index]))));
        }
        finally
        {
            System.IO.File.Delete(file);
        }
    }

    private static void AreApart(Func<Segment, int, byte[]> framed)
    {
        foreach (int joinedAt in new[] { 0, 5 })
        {
            var talks = new[] { Talk().Segments, Talk(clientStart: 700_000_000, serverStart: 900_000_000).Segments };
            var both = Enumerable.Range(joinedAt, talks[0].Count - joinedAt)
                .SelectMany(i => new[] { (Segment: talks[0][i], Which: 0), (Segment: talks[1][i], Which: 1) }).ToArray();
            int at = 0;
            var seen = Replayed.Of(CaptureFile.Classic(both.Select(one => one.Segment), framed: one => framed(one, both[at++].Which)));
            var clear = Replayed.Of(CaptureFile.Classic(talks[0].Skip(joinedAt)));
            Assert.Equal(clear.Lines.SelectMany(line => new[] { line, line }), seen.Lines);
            Assert.Equal(2, seen.Statistics.ConnectionsHttp);
            Assert.DoesNotContain(seen.Losses, loss => loss.StartsWith("gap", StringComparison.Ordinal));
        }
    }

    private static Talk Talk(bool isIPv6 = false, uint clientStart = 1_000, uint serverStart = 9_000)
    {
        const long quiet = 200_000_000;
        var talk = new Talk(clientStart, serverStart) { Each = one => isIPv6 ? one with { Client = "fd00::2", Server = "fd00::1" } : one };
        return talk.Connects().Asks(Http.Get("/a")).Answers(Http.Response(200, "hello")).Asks(Http.Post("/b", new string('x', 300)))
            .Says(false, Http.Chunked(201, "one", "two"), 20)
            .Waits(quiet).Asks(Http.Get("/c")).Answers(Http.Response(404, new string('y', 200))).Waits(quiet).Asks(Http.Get("/d"))
                .Answers(Http.Ok).Closes();
    }
}
