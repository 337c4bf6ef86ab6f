using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>From packets, whatever became of them on the way, to the exchanges that took place.</summary>
public class TcpTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private const long Quiet = 200_000_000;
    private static readonly string Get = Http.Get("/a");
    private static readonly string Next = Http.Get("/b");

    [Fact]
    public void An_exchange_lasts_from_the_request_s_first_packet_to_the_response_s_last()
    {
        var talk = new Talk().Connects().Says(true, Http.Post("/a", new string('x', 100)), 50).Waits(5_000_000)
            .Says(false, Ok, 20).Closes();
        var seen = Assert.Single(Replay(talk).Exchanges);
        Assert.Equal("POST /a 200", seen.Line);
        Assert.Equal(EndpointRole.Server, seen.Role);
        Assert.Equal("10.0.0.1:80", seen.Process);
        Assert.Equal(100, seen.RequestBodyBytes);
        Assert.Equal(5, seen.ResponseBodyBytes);
        var (first, last) = (talk.Segments.First(one => one.Text.Length > 0), talk.Segments.Last(one => one.Text.Length > 0));
        var answer = talk.Segments.First(one => !one.FromClient && one.Text.Length > 0);
        Assert.Equal(first.TimeNanoseconds, seen.Start);
        Assert.Equal(answer.TimeNanoseconds - first.TimeNanoseconds, seen.FirstByte);
        Assert.Equal(last.TimeNanoseconds - first.TimeNanoseconds, seen.Duration);
    }

    [Fact]
    public void From_the_client_s_side_it_is_a_client()
    {
        var seen = Assert.Single(Replayed.Of(File(new Talk().Connects().Asks(Get).Answers(Ok).Closes()), EndpointRole.Client).Exchanges);
        Assert.Equal(EndpointRole.Client, seen.Role);
        Assert.Equal("10.0.0.2", seen.Process);
    }

    [Fact]
    public void Retransmissions_count_once() =>
        Shows(new Talk().Connects().Asks(Get).Again().Answers(Ok).Again().Again(3).Asks(Next).Answers(Ok).Again().Closes(), "GET /a 200",
        "GET /b 200");

    [Fact]
    public void Segments_out_of_order_are_put_in_order()
    {
        var talk = new Talk().Connects().Says(true, Get, 7);
        talk.IsEarlierBy(3).Answers(Ok).Closes();
        talk.Segments.Reverse(3, 3);
        Shows(talk, "GET /a 200");
    }

    [Fact]
    public void Of_an_overlap_the_first_copy_wins()
    {
        string wrong = new('?', Get.Length);
        var talk = new Talk().Connects()
            .Adds(true, "A", Get[4..8], 4).Adds(true, "A", wrong[..9], 0 + 2).Adds(true, "A", Get[..2], 0);
        // Of "GET /a" the second packet brings the bytes 2, 3, 8, 9, 10: there the wrong ones came first.
        var seen = Replayed.Of(File(talk.Adds(true, "PA", Get[6..], 6)));
        Assert.Empty(seen.Exchanges);

        talk = new Talk().Connects().Adds(true, "A", Get[4..8], 4).Adds(true, "A", Get[..6] + "??", 0).Adds(true, "PA", "??" + Get[8..], 6);
        Shows(Follow(talk), "GET /a 200");
    }

    [Fact]
    public void Keep_alives_and_zero_window_probes_are_no_data() => Shows(
        new Talk().Connects().Asks(Get).Answers(Ok).Adds(true, "A", "\0", Get.Length - 1).Adds(true, "A", "", Get.Length - 1)
            .Acknowledges(false).Asks(Next).Adds(false, "A", "H", Ok.Length).Answers(Ok).Closes(),
        "GET /a 200", "GET /b 200");

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(uint.MaxValue - 20)]
    [InlineData(0x7FFFFFFFu - 10)]
    public void Sequence_numbers_wrap(uint start) =>
        Shows(new Talk(start, start).Connects().Says(true, Get, 5).Says(false, Ok, 6).Asks(Next).Answers(Ok).Closes(), "GET /a 200",
        "GET /b 200");

    [Fact]
    public void A_connection_without_its_handshake_is_older_than_the_capture()
    {
        var talk = new Talk().Connects();
        talk.Segments.Clear();
        var seen = Replay(talk.Asks(Get).Answers(Ok).Waits(Quiet).Asks(Next).Answers(Ok).Closes());
        Assert.Equal(["GET /b 200"], seen.Lines);
        Assert.Equal(["Unproven 1"], seen.Losses);
        Assert.Equal(1, seen.Statistics.ConnectionsOlder);
        Assert.All(seen.Exchanges, one => Assert.Equal(EndpointRole.Server, one.Role));
    }

    [Fact]
    public void That_begins_with_a_response_the_other_end_is_the_client()
    {
        var talk = new Talk { Each = one => one with { ClientPort = 10, ServerPort = 50_000 } }.Connects().Asks(Get);
        talk.Segments.Clear();
        var seen = Replay(talk.Answers(Ok).Asks(Next).Answers(Ok).Waits(Quiet).Asks(Http.Get("/c")).Answers(Ok).Closes());
        Assert.Equal(["GET /c 200"], seen.Lines);
        Assert.Equal("10.0.0.1:50000", seen.Exchanges[0].Process);
    }

    [Fact]
    public void Without_an_end_the_last_request_is_in_flight()
    {
        var seen = Replay(new Talk().Connects().Asks(Get).Answers(Ok).Asks(Next));
        Assert.Equal(["GET /a 200"], seen.Lines);
        Assert.Equal(["InFlight 1"], seen.Losses);
    }

    [Fact]
    public void A_reset_ends_it()
    {
        var seen = Replay(new Talk().Connects().Asks(Get).Resets(false).Adds(true, "PA", Next, Get.Length));
        Assert.Empty(seen.Exchanges);
        Assert.Equal(["packets left out, after their connection's reset: 1", "NoResponse 1"], seen.Losses);
    }

    [Fact]
    public void A_body_until_the_end_that_a_reset_cuts_is_not_whole()
    {
        var seen = Replay(new Talk().Connects().Asks(Get).Answers("HTTP/1.1 200 OK\r\n\r\nhello").Resets(false));
        Assert.Empty(seen.Exchanges);
        Assert.Equal(["ResponseIncomplete 1"], seen.Losses);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Packets_captured_out_of_order_are_not_missing(int milliseconds)
    {
        // The answer's packet, with its acknowledgement, is captured before the request's; and of each message the last packet before the
        // first.
        var talk = new Talk().Connects().Says(true, Get, 10).Says(false, Ok, 10).Says(true, Next, 10).Says(false, Ok, 10).Closes();
        var seen = Replay(talk.CapturedLate(milliseconds * 1_000_000L));
        Assert.Equal(["GET /a 200", "GET /b 200"], seen.Lines);
        Assert.Empty(seen.Losses);
    }

    [Fact]
    public void A_body_until_the_end_ends_with_FIN()
    {
        const string untilClose = "HTTP/1.1 200 OK\r\n\r\nhello";
        Assert.Equal(5, Assert.Single(Replay(new Talk().Connects().Asks(Get).Answers(untilClose).Ends(false)).Exchanges).ResponseBodyBytes);
        Assert.Equal(5, Assert.Single(Replay(new Talk().Connects().Asks(Get).Answers(untilClose).Closes()).Exchanges).ResponseBodyBytes);
    }

    [Fact]
    public void A_packet_that_the_capture_missed_is_a_gap_and_the_next_turn_is_understood()
    {
        var talk = new Talk().Connects().Asks(Get).Loses(-1).Answers(Ok).Acknowledges(true).Waits(Quiet).Asks(Next).Answers(Ok).Waits(Quiet)
            .Asks(Http.Get("/c")).Answers(Ok)
            .Waits(Quiet).Asks(Http.Get("/d")).Answers(Ok).Closes();
        var seen = Replay(talk);
        Assert.Equal(["GET /d 200"], seen.Lines);
        Assert.Contains($"gap Unseen {Get.Length}", seen.Losses);
    }

    [Fact]
    public void A_gap_in_a_body_of_known_length_costs_nothing()
    {
        string body = new('x', 3000);
        var talk = new Talk().Connects().Asks(Get).Says(false, $"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n{body}", 1000);
        talk.Loses(-2).Acknowledges(true).Waits(2_000_000);
        var seen = Replay(talk.Asks(Next).Answers(Ok).Closes());
        Assert.Equal(["GET /a 200", "GET /b 200"], seen.Lines);
        Assert.Equal(3000, seen.Exchanges[0].ResponseBodyBytes);
        Assert.Empty(seen.Losses);
    }

    [Fact]
    public void What_nobody_acknowledged_is_missing_at_the_connection_s_end()
    {
        var talk = new Talk().Connects().Asks(Get).Says(false, Ok, 10).Loses(-3);
        var seen = Replay(talk.Resets(true));
        Assert.Contains("gap Unseen 10", seen.Losses);
        Assert.Empty(seen.Exchanges);
    }

    [Fact]
    public void A_FIN_that_was_not_captured_is_no_gap()
    {
        var talk = new Talk().Connects().Asks(Get).Answers(Ok).Ends(true).Loses(-2);
        Assert.Empty(Replay(talk.Acknowledges(false).Waits(9_000_000).Acknowledges(false).Ends(false)).Losses);
    }

    [Fact]
    public void A_packet_that_is_only_late_is_no_gap()
    {
        var talk = new Talk().Connects().Asks(Get).Answers(Ok);
        (talk.Segments[3], talk.Segments[4]) = (talk.Segments[4], talk.Segments[3]);
        Shows(talk.Closes(), "GET /a 200");
    }

    [Fact]
    public void A_snap_length_leaves_the_length_known()
    {
        string response = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + new string('x', 900);
        var talk = new Talk { Each = one => one with { SnapLength = 128 } }.Connects().Asks(Get).Answers(response).Asks(Next)
            .Answers(response).Closes();
        var seen = Replay(talk);
        Assert.Equal(["GET /a 200", "GET /b 200"], seen.Lines);
        Assert.All(seen.Exchanges, one => Assert.Equal(900, one.ResponseBodyBytes));
        Assert.Empty(seen.Losses);
    }

    [Fact]
    public void A_head_that_was_cut_is_a_gap()
    {
        var seen = Replay(new Talk { Each = one => one.Text.Length > 0 && one.FromClient ? one with { SnapLength = 70 } : one }.Connects()
            .Asks(Get).Answers(Ok).Closes());
        Assert.Empty(seen.Exchanges);
        Assert.Contains($"gap Limited {Get.Length - 16}", seen.Losses);
    }

    [Fact]
    public void What_the_capture_keeps_of_a_gap_is_bounded()
    {
        var talk = new Talk().Connects().Asks(Get).Answers("HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n");
        int at = talk.Segments[^1].Text.Length + 1000;
        for (int i = 0; i < 100; i++, at += 60_000) talk.Adds(false, "A", new string('x', 60_000), at);
        var seen = Replay(talk);
        Assert.Contains("times too much was held of a stream with a gap: 1", seen.Losses);
    }

    [Fact]
    public void The_same_ports_again_are_another_connection()
    {
        var first = new Talk(100, 200).Connects().Asks(Get).Answers(Ok);
        var second = new Talk(700_000, 900_000).Connects().Asks(Next).Answers(Ok).Closes();
        Assert.Equal(["GET /a 200", "GET /b 200"], Replayed.Of(CaptureFile.Classic([.. first.Segments, .. second.Segments])).Lines);
    }

    [Fact]
    public void Fragments_are_left_out_and_counted()
    {
        var talk = new Talk { Each = one => one.Text.Length > 0 && one.FromClient ? one with { Fragment = 0x2000 } : one }.Connects()
            .Asks(Get).Closes();
        Assert.Contains("packets left out, IP fragments: 1", Replay(talk).Losses);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(43, 8)]
    [InlineData(60, 16)]
    [InlineData(51, 12)]
    public void IPv6_extension_headers_are_passed_over(byte first, int length)
    {
        byte[] extension = new byte[length == 0 ? 8 : length];
        extension[0] = 6;
        extension[1] = (byte)(first == 51 ? 1 : extension.Length / 8 - 1);
        var talk = new Talk { Each = one => one with { Client = "fd00::2", Server = "fd00::1", Extensions = (first, extension) } };
        var seen = Assert.Single(Replay(talk.Connects().Asks(Get).Answers(Ok).Closes()).Exchanges);
        Assert.Equal("[fd00::1]:80", seen.Process);
    }

    [Fact]
    public void Too_many_connections_push_out_the_one_that_is_silent_longest()
    {
        var all = Enumerable.Range(0, 65_537)
            .SelectMany(i => new Talk { Each = one =>
            one with { Client = $"10.1.{i >> 8 & 255}.{i & 255}", ClientPort = (ushort)(1000 + (i >> 16)) } }.Connects().Segments);
        Assert.Contains("connections evicted, too many in the capture: 1", Replayed.Of(CaptureFile.Classic(all)).Losses);
    }

    private static Talk Follow(Talk talk)
    {
        talk.Says(true, Get).Loses(-1); // it was told, piece by piece
        return talk.Answers(Ok).Closes();
    }

    private static byte[] File(Talk talk) => CaptureFile.Classic(talk.Segments, hasNanoseconds: true);

    private static Replayed Replay(Talk talk) => Replayed.Of(File(talk));

    private static void Shows(Talk talk, params string[] exchanges)
    {
        var seen = Replay(talk);
        Assert.Equal(exchanges, seen.Lines);
        Assert.Empty(seen.Losses);
        Assert.Null(seen.Fault);
    }
}
