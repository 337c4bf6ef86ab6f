using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>HTTP through a SOCKS proxy is read from behind the handshake.</summary>
public class SocksTests
{
    private const string Unread = "connections through a SOCKS proxy that are not read: 1";
    private const string Reply5 = "\x05\0\0\x01\x0a\0\0\x01\x04\x38";
    private const string Connect5 = "\x05\x01\0\x01\xC0\0\x02\x01\0\x50";

    public static TheoryData<string, string[]> Handshakes => new()
    {
        { "5", ["\x05\x01\0", "\x05\0", Connect5, Reply5] },
        { "5, several methods", ["\x05\x03\0\x01\x02", "\x05\0", Connect5, Reply5] },
        { "5, name", ["\x05\x01\0", "\x05\0", "\x05\x01\0\x03\x04shop\0\x50", "\x05\0\0\x03\x05proxy\x04\x38"] },
        { "5, IPv6", ["\x05\x01\0", "\x05\0", "\x05\x01\0\x04" + new string('\x20', 16) + "\0\x50",
            "\x05\0\0\x04" + new string('\0', 18)] },
        { "5, password", ["\x05\x02\0\x02", "\x05\x02", "\x01\x04user\x06secret", "\x01\0", Connect5, Reply5] },
        { "4", ["\x04\x01\0\x50\xC0\0\x02\x01user\0", "\0\x5A\0\0\0\0\0\0"] },
        { "4a", ["\x04\x01\0\x50\0\0\0\x01\0shop.example\0", "\0\x5A\0\0\0\0\0\0"] },
        { "5 through 4", ["\x04\x01\0\x50\xC0\0\x02\x01\0", "\0\x5A\0\0\0\0\0\0", "\x05\x01\0", "\x05\0", Connect5, Reply5] },
    };

    [Theory]
    [MemberData(nameof(Handshakes))]
    public void Behind_the_handshake_are_the_exchanges_of_the_clear_capture(string name, string[] handshake)
    {
        Assert.NotEmpty(name);
        var clear = Replay(Conversation(new Talk().Connects()));
        foreach (int segmentLength in new[] { 1, 3, 1000 })
        {
            var seen = Replay(Conversation(Greets(new Talk().Connects(), handshake, segmentLength)));
            Assert.Equal(clear.Exchanges.Select(one => one.Content), seen.Exchanges.Select(one => one.Content));
            Assert.All(seen.Exchanges, one => Assert.Equal(clear.Exchanges[0].Role, one.Role));
            Assert.Empty(seen.Losses);
        }
    }

    [Fact]
    public void A_request_may_follow_before_the_proxy_answers()
    {
        var talk = new Talk().Connects().Asks("\x05\x01\0").Answers("\x05\0").Asks(Connect5 + Http.Get("/a"))
            .Answers(Reply5 + Http.Ok).Closes();
        var seen = Replay(talk);
        Assert.Equal(["GET /a 200"], seen.Lines);
        Assert.Equal(Http.Get("/a").Length, seen.Exchanges[0].RequestBytes);
        Assert.Empty(seen.Losses);
    }

    [Fact]
    public void Packets_captured_out_of_order_are_not_missing()
    {
        var talk = Conversation(Greets(new Talk().Connects(), ["\x05\x01\0", "\x05\0", Connect5, Reply5], 2)).CapturedLate(1_000_000);
        var seen = Replay(talk);
        Assert.Equal(["GET /a 200", "POST /b 201"], seen.Lines);
        Assert.Empty(seen.Losses);
    }

    [Theory]
    [InlineData("\x05\x01\x01", "\x05\x01")]
    [InlineData("\x05\x01\0", "\x05\0", "\x05\x02\0\x01\xC0\0\x02\x01\0\x50")]
    [InlineData("\x04\x02\0\x50\xC0\0\x02\x01\0")]
    public void A_method_or_command_that_is_not_read_is_counted(params string[] handshake)
    {
        var seen = Replay(Greets(new Talk().Connects(), handshake, 1000).Answers("something else").Closes());
        Assert.Empty(seen.Exchanges);
        Assert.Equal([Unread], seen.Losses);
    }

    [Fact]
    public void A_handshake_with_a_hole_is_counted()
    {
        var talk = Greets(new Talk().Connects(), ["\x05\x01\0", "\x05\0", Connect5, Reply5], 1000).Loses(-2);
        Assert.Contains(Unread, Replay(Conversation(talk)).Losses);
    }

    [Theory]
    [InlineData("\x05\x01\0", "\x05\xFF")]
    [InlineData("\x05\x01\0", "\x05\0", Connect5, "\x05\x05\0\x01\0\0\0\0\0\0")]
    [InlineData("\x04\x01\0\x50\xC0\0\x02\x01\0", "\0\x5B\0\0\0\0\0\0")]
    [InlineData("\x05\0\0\0", "no proxy")]
    [InlineData("\x04 some other protocol", "and its answer")]
    public void What_failed_or_is_another_protocol_is_left_alone(params string[] handshake)
    {
        var seen = Replay(Greets(new Talk().Connects(), handshake, 1000).Closes());
        Assert.Empty(seen.Exchanges);
        Assert.Empty(seen.Losses);
        Assert.Equal(1, seen.Statistics.ConnectionsNotHttp);
        Assert.Equal(handshake.Sum(part => part.Length), seen.Statistics.DiscardedBytes);
    }

    [Fact]
    public void Spoilt_handshakes_never_throw()
    {
        foreach (var row in Handshakes)
        {
            var talk = Conversation(Greets(new Talk().Connects(), (string[])row[1], 4));
            for (int seed = 1; seed <= 300; seed++)
            {
                var random = new Random(seed);
                var segments = talk.Segments.ToList();
                for (int faults = random.Next(1, 4); faults > 0; faults--)
                {
                    int at = random.Next(segments.Count);
                    switch (random.Next(4))
                    {
                        case 0: segments.RemoveAt(at); break;
                        case 1: segments[at] = segments[at] with { SnapLength = random.Next(80) }; break;
                        case 2: segments.Insert(random.Next(segments.Count), segments[at]); break;
                        default: segments[at] = segments[at]
                            with { Text = new string([.. segments[at].Text.Select(c => random.Next(4) == 0 ? (char)random.Next(256)
                            : c)]) }; break;
                    }
                }

                Replayed.Of(CaptureFile.Classic(segments)); // it asserts that every byte is accounted for
            }
        }
    }

    private static Talk Greets(Talk talk, string[] handshake, int segmentLength)
    {
        bool isClient = true;
        foreach (string part in handshake)
        {
            talk.Says(isClient, part, segmentLength);
            isClient = !isClient;
        }

        return talk;
    }

    private static Talk Conversation(Talk talk) =>
        talk.Asks(Http.Get("/a")).Answers(Http.Response(200, "hello")).Says(true, Http.Post("/b", new string('x', 90)), 50)
            .Answers(Http.Chunked(201, "one", "two")).Closes();

    private static Replayed Replay(Talk talk) => Replayed.Of(CaptureFile.Classic(talk.Segments, hasNanoseconds: true));
}
