using System.Buffers.Binary;
using System.Text;
using NetProfiler.Analysis.Tests.Support;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>Every kind of file that holds packets, whole, cut and spoilt.</summary>
public class PacketFileTests
{
    private static readonly Talk Talk = new Talk().Connects().Asks(Http.Get("/a")).Answers(Http.Ok).Asks(Http.Get("/b"))
        .Answers(Http.Ok).Closes();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Pcap_of_either_byte_order_and_unit(bool isBigEndian, bool hasNanoseconds) =>
        ShowsBoth(CaptureFile.Classic(Talk.Segments, isBigEndian: isBigEndian, hasNanoseconds: hasNanoseconds));

    [Theory]
    [InlineData(false, 6)]
    [InlineData(false, 9)]
    [InlineData(true, 9)]
    [InlineData(true, 0x80 + 30)]
    public void Pcapng_of_either_byte_order_and_any_resolution(bool isBigEndian, byte resolution) =>
        ShowsBoth(CaptureFile.NextGeneration(Talk.Segments, isBigEndian: isBigEndian, resolution: resolution));

    [Fact]
    public void Pcapng_of_several_sections_that_differ_in_byte_order() => Assert.Equal(
        ["GET /a 200", "GET /b 200"],
        Replayed.Of([.. CaptureFile.NextGeneration(Talk.Segments.Take(5)),
            .. CaptureFile.NextGeneration(Talk.Segments.Skip(5), CaptureFile.Raw, isBigEndian: true)]).Lines);

    [Fact]
    public void Pcapng_without_times_has_the_exchanges() =>
        Assert.Equal(["GET /a 200", "GET /b 200"], Replayed.Of(CaptureFile.NextGeneration(Talk.Segments, isSimple: true)).Lines);

    [Fact]
    public void What_the_capture_missed_by_its_own_count_is_told() =>
        Assert.Contains("packets missed by the capture, as it says itself: 7",
            Replayed.Of(CaptureFile.NextGeneration(Talk.Segments, dropped: 7)).Losses);

    [Theory]
    [InlineData(CaptureFile.Ethernet, 1)]
    [InlineData(CaptureFile.Ethernet, 2)]
    [InlineData(CaptureFile.LinuxCooked, 0)]
    [InlineData(CaptureFile.LinuxCooked2, 0)]
    [InlineData(CaptureFile.Null, 0)]
    [InlineData(CaptureFile.Raw, 0)]
    public void Every_link_layer(int linkType, int tags)
    {
        ShowsBoth(CaptureFile.Classic(Talk.Segments, linkType, tags: tags));
        ShowsBoth(CaptureFile.Classic(Talk.Segments.Select(one => one with { Client = "fd00::2", Server = "fd00::1" }), linkType,
            tags: tags));
    }

    [Fact]
    public void An_unknown_link_layer_is_counted() =>
        Assert.Equal([$"packets left out, unknown link layer: {Talk.Segments.Count}"],
            Replayed.Of(CaptureFile.Classic(Talk.Segments, linkType: 147)).Losses);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public void A_pipe_may_give_few_bytes_at_a_time(int atATime)
    {
        Assert.Equal(["GET /a 200", "GET /b 200"], Replayed.Of(CaptureFile.Classic(Talk.Segments), readBytes: atATime).Lines);
        Assert.Equal(["GET /a 200", "GET /b 200"], Replayed.Of(CaptureFile.NextGeneration(Talk.Segments), readBytes: atATime).Lines);
    }

    [Fact]
    public void A_file_cut_anywhere_gives_what_is_before_and_says_so()
    {
        int between = Talk.Segments.Count - 1; // there nobody can tell
        foreach (var (file, wholeCuts) in new[] { (CaptureFile.Classic(Talk.Segments), between),
            (CaptureFile.NextGeneration(Talk.Segments), between + 3) })
        {
            int whole = 0, exchanges = 0;
            for (int length = 28; length < file.Length; length++)
            {
                var seen = Replayed.Of(file[..length]);
                if (seen.Fault is null) whole++;
                else Assert.Contains("ends within", seen.Fault, StringComparison.Ordinal);
                Assert.True(seen.Exchanges.Count >= exchanges, "a longer file has no fewer");
                exchanges = seen.Exchanges.Count;
            }

            Assert.Equal(2, exchanges);
            Assert.Equal(wholeCuts, whole);
        }
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("abc", "neither")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "neither")]
    [InlineData("\u00d4\u00c3\u00b2\u00a1\u0002", "ends within the header")]
    [InlineData("\u0089NPR\r\n\u001a\n\u0003\0\0\0", "a recording of version 3; this netprofiler reads versions 1 to 2")]
    [InlineData("\u0089NPR\r\n\u001a\n\u0001\0", "ends within the header of a recording")]
    [InlineData("\u0089PNG\r\n\u001a\n", "neither")]
    public void What_is_no_capture_is_refused(string text, string reason)
    {
        var failure = Assert.Throws<UnreadableFileException>(() => Replayed.Of(Encoding.Latin1.GetBytes(text)));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_beyond_any_packet_is_damage_and_ends_reading()
    {
        byte[] file = CaptureFile.Classic(Talk.Segments);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(24 + 8), 1_000_000_000);
        Assert.Equal("damaged at byte 24: a packet of 1000000000 bytes", Replayed.Of(file).Fault);
    }

    [Fact]
    public void Spoilt_files_never_throw()
    {
        byte[][] files = [CaptureFile.Classic(Talk.Segments), CaptureFile.NextGeneration(Talk.Segments, resolution: 0x80 + 40),
            CaptureFile.Classic(Talk.Segments, CaptureFile.LinuxCooked2, isBigEndian: true)];
        for (int seed = 1; seed <= 4_000; seed++)
        {
            var random = new Random(seed);
            byte[] file = [.. files[seed % files.Length]];
            for (int i = random.Next(1, 20); i > 0; i--)
                file[random.Next(4, file.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : random.Next(2) * 255);
            try
            {
                _ = Replayed.Of(file[..random.Next(4, file.Length + 1)]);
            }
            catch (UnreadableFileException)
            {
                // said so
            }
            catch (Exception failure)
            {
                Assert.Fail($"seed {seed}: {failure}");
            }
        }
    }

    private static void ShowsBoth(byte[] file)
    {
        var seen = Replayed.Of(file);
        Assert.Equal(["GET /a 200", "GET /b 200"], seen.Lines);
        Assert.Empty(seen.Losses);
        Assert.Null(seen.Fault);
        var request = Talk.Segments.First(one => one.Text.Length > 0);
        Assert.InRange(seen.Exchanges[0].Start, request.TimeNanoseconds - 1_000, request.TimeNanoseconds);
    }
}
