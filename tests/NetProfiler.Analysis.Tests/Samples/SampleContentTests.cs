using System.Security.Cryptography;
using System.Text;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Analysis.Tests.Samples;

public class SampleContentTests
{
    private const string Planted = "hunter2-s3cr3t";

    [Fact]
    public void Nothing_is_collected_unless_a_rule_says_so()
    {
        var shown = SampleBuilder.Show(SampleBuilder.Sample("POST /a?token=x1y2z3 HTTP/1.1\r\nHost: h\r\n\r\nbody",
            content: ContentPolicy.Nothing));
        Assert.False(shown.Request.HasContent);
        Assert.Equal("", shown.Request.ToText() + shown.Response.ToText());
        Assert.Equal(("POST", "h"), (shown.Method, shown.Host));
        Assert.DoesNotContain("x1y2z3", shown.Target, StringComparison.Ordinal);
    }

    [Fact]
    public void Headers_come_without_content_and_full_with_it()
    {
        const string Request = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
        var headers = SampleBuilder.Show(SampleBuilder.Sample(Request,
            content: SampleBuilder.Everything with { Request = CollectedContent.Headers }));
        Assert.Equal("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n", headers.Request.ToText());
        Assert.Null(headers.Request.Body);
        Assert.Equal(Request, SampleBuilder.Show(SampleBuilder.Sample(Request)).Request.ToText());
    }

    [Theory]
    [InlineData("text/plain", true)]
    [InlineData("TEXT/HTML; charset=utf-8", true)]
    [InlineData("application/json", true)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("application/problem+json", true)]
    [InlineData("application/soap+xml", true)]
    [InlineData("application/xml", true)]
    [InlineData("application/x-www-form-urlencoded", true)]
    [InlineData("application/graphql", true)]
    [InlineData("application/octet-stream", false)]
    [InlineData("image/png", false)]
    [InlineData("application/grpc", false)]
    public void Text_is_shown_and_the_rest_summarised(string type, bool isText)
    {
        var body = SampleBuilder.Body($"Content-Type: {type}\r\nContent-Length: 5", "hello"u8.ToArray())!;
        string digest = Convert.ToHexStringLower(SHA256.HashData("hello"u8))[..16];
        Assert.Equal(isText ? "hello" : $"[{type}, 5 bytes, sha256: {digest}]", body.ToText());
        Assert.Equal(isText, body.Text is not null);
        Assert.False(body.IsCut);
    }

    [Fact]
    public void Without_a_type_text_is_what_reads_as_text()
    {
        Assert.Equal("héllo", SampleBuilder.Body("Content-Length: 6", "héllo"u8.ToArray())!.Text);
        Assert.Null(SampleBuilder.Body("Content-Length: 3", [1, 2, 3])!.Text);
        Assert.Null(SampleBuilder.Body("Content-Length: 2", [0xC3, 0x28])!.Text);
    }

    [Fact]
    public void Chunk_framing_is_taken_off()
    {
        byte[] chunked = "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"u8.ToArray();
        Assert.Equal("hello world", SampleBuilder.Body("Content-Type: text/plain\r\nTransfer-Encoding: chunked", chunked)!.Text);
    }

    public static TheoryData<string, string> Codings => new()
    {
        { "gzip", "gzip" }, { "x-gzip", "gzip" }, { "GZIP", "gzip" }, { "br", "br" }, { "deflate", "zlib" }, { "deflate", "deflate" },
        { "identity", "" }, { "br, gzip", "br gzip" },
    };

    [Theory]
    [MemberData(nameof(Codings))]
    public void Codings_are_decoded(string contentEncoding, string applied)
    {
        byte[] body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("some text ", 50)));
        byte[] plain = body;
        foreach (string coding in applied.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            body = coding switch
            {
                "gzip" => SampleBuilder.Gzip(body),
                "br" => SampleBuilder.Brotli(body),
                "zlib" => SampleBuilder.ZLib(body),
                _ => SampleBuilder.RawDeflate(body),
            };
        }

        var shown = SampleBuilder.Body(
            $"Content-Type: text/plain\r\nContent-Encoding: {contentEncoding}\r\nContent-Length: {body.Length}", body)!;
        Assert.Equal(Encoding.UTF8.GetString(plain), shown.Text);
        Assert.False(shown.IsCut);
    }

    [Fact]
    public void What_is_compressed_and_cut_is_decoded_as_far_as_it_goes()
    {
        string text = string.Join('\n', Enumerable.Range(0, 2_000).Select(i => $"line {i * 7919 % 10007}"));
        byte[] whole = SampleBuilder.Gzip(Encoding.UTF8.GetBytes(text));
        var shown = SampleBuilder.Body($"Content-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: {whole.Length}",
            whole[..(whole.Length / 2)], isCut: true)!;
        Assert.StartsWith("line 0\nline 7919\n", shown.Text, StringComparison.Ordinal);
        Assert.StartsWith(shown.Text!, text, StringComparison.Ordinal);
        Assert.True(shown.IsCut);
    }

    [Fact]
    public void A_bomb_is_decoded_only_up_to_the_bound()
    {
        byte[] bomb = SampleBuilder.Gzip(new byte[50_000_000]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(ContentDecoder.TryDecode(bomb, "gzip", out var decoded, out bool isCut));
        Assert.True(isCut);
        Assert.Equal(ContentDecoder.MaxDecodedBytes, decoded.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        Assert.True(ContentDecoder.TryDecode(bomb.AsMemory(0, 100), "gzip", out decoded, out _));
        Assert.InRange(decoded.Length, 1, 100 * ContentDecoder.MaxRatio);
        Assert.False(ContentDecoder.TryDecode(bomb, "gzip, gzip, gzip, gzip", out _, out _));
    }

    [Fact]
    public void What_cannot_be_decoded_is_summarised()
    {
        Assert.Matches(@"^\[text/plain in zstd, 3 bytes, sha256: \w{16}\]$",
            SampleBuilder.Body("Content-Type: text/plain\r\nContent-Encoding: zstd\r\nContent-Length: 3", [1, 2, 3])!.Summary);
        Assert.Matches(@"^\[text/plain in gzip, 3 bytes, sha256: \w{16}\]$",
            SampleBuilder.Body("Content-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 3", [1, 2, 3])!.Summary);
    }

    [Theory]
    [InlineData("iso-8859-1", new byte[] { 0xE9, 0xFF }, "éÿ")]
    [InlineData("windows-1252", new byte[] { 0x80, 0xE9 }, "€é")]
    [InlineData("Shift_JIS", new byte[] { 0x93, 0xFA, 0x96, 0x7B }, "日本")]
    [InlineData("\"gb18030\"", new byte[] { 0xC4, 0xE3 }, "你")]
    [InlineData("utf-16le", new byte[] { 0x61, 0x00, 0xE9, 0x00 }, "aé")]
    [InlineData("no-such-charset", new byte[] { 0x61 }, "a")]
    [InlineData("utf-7", new byte[] { 0x61 }, "a")]
    [InlineData("utf-8", new byte[] { 0xEF, 0xBB, 0xBF, 0x61 }, "a")]
    public void The_charset_is_honoured(string charset, byte[] body, string expected)
    {
        Assert.Equal(expected, SampleBuilder.Body($"Content-Type: text/plain; charset={charset}\r\nContent-Length: {body.Length}",
            body)!.Text);
    }

    [Fact]
    public void Text_is_cut_where_a_character_ends_for_every_limit()
    {
        const string Head = "POST / HTTP/1.1\r\nContent-Length: 22\r\n\r\n";
        const string Text = "aé世🎉-aé世🎉-z";
        int length = Encoding.UTF8.GetByteCount(Head + Text);
        for (int limit = 1; limit <= length + 1; limit++)
        {
            var message = SampleBuilder.Show(SampleBuilder.Sample(Head.Replace("22", $"{Encoding.UTF8.GetByteCount(Text)}") + Text,
                content: SampleBuilder.Everything with { MaxRequestBytes = limit })).Request;
            string shown = message.ToText();
            Assert.DoesNotContain('\uFFFD', shown);
            Assert.Equal(limit < length, message.IsHeadCut || message.Body!.IsCut);
            if (message.Body is not { } body) continue;
            Assert.InRange(Encoding.UTF8.GetByteCount(shown), limit - 3 < length ? int.Min(length, limit - 3) : length, limit);
            Assert.StartsWith(body.Text!, Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_capture_cut_within_a_character_shows_none_of_it()
    {
        var body = SampleBuilder.Body("Content-Type: text/plain\r\nContent-Length: 9", "ab世"u8.ToArray()[..4], isCut: true)!;
        Assert.Equal(("ab", true), (body.Text, body.IsCut));
    }

    [Fact]
    public void Multipart_forms_show_text_mask_secrets_and_summarise_files()
    {
        string form = $"--B\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nann\r\n" +
            $"--B\r\nContent-Disposition: form-data; name=\"user[password]\"\r\n\r\n{Planted}\r\n" +
            "--B\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: "
                + $"application/json\r\n\r\n{{\"token\":\"{Planted}\"}}\r\n" +
            "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\nContent-Type: "
                + "image/png\r\n\r\n\u0001\u0002\u0003\r\n--B--\r\n";
        var body = SampleBuilder.Body($"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {form.Length}",
            Encoding.UTF8.GetBytes(form))!;
        string mask = SampleBuilder.Policy.Masker.Mask(Planted);
        Assert.Contains("name=\"user\"\r\n\r\nann\r\n", body.Text, StringComparison.Ordinal);
        Assert.Contains($"name=\"user[password]\"\r\n\r\n{mask}\r\n", body.Text, StringComparison.Ordinal);
        Assert.Contains($"{{\"token\":\"{mask}\"}}", body.Text, StringComparison.Ordinal);
        Assert.Contains("[image/png, 3 bytes, sha256: ", body.Text, StringComparison.Ordinal);
        for (int cut = 0; cut < form.Length; cut++)
        {
            string shown = SampleBuilder.Body("Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 9999",
                Encoding.UTF8.GetBytes(form[..cut]), isCut: true)?.ToText() ?? "";
            Assert.DoesNotContain("hunter2-", shown, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_bytes_make_it_throw()
    {
        var random = new Random(11);
        byte[] request = Encoding.UTF8.GetBytes(
            $"POST /a?token={Planted} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nCookie: "
                + $"a=b\r\n\r\n{{\"a\":1}}");
        byte[] response = "HTTP/1.1 500 no\r\nTransfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=\"b\"\r\nSet-Cookie: x=y\r\n\r\n5\r\n--b\r\n\r\n0\r\n\r\n"u8.ToArray();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] one = Changed(request, random), two = Changed(response, random);
            var sample = SampleBuilder.Sample(request, response);
            int oneHead = random.Next(one.Length), twoHead = random.Next(two.Length);
            SampleBuilder.Show(sample with
            {
                Request = sample.Request with { Head = one.AsMemory(0, oneHead), Body = one.AsMemory(oneHead) },
                Response = sample.Response with { Head = two.AsMemory(0, twoHead), Body = two.AsMemory(twoHead) },
            });
        }

        static byte[] Changed(byte[] bytes, Random random)
        {
            byte[] changed = [.. bytes];
            for (int change = random.Next(6); change > 0; change--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            return changed;
        }
    }
}
