using System.Buffers;
using NetProfiler.Http1.Tests.Support;

namespace NetProfiler.Http1.Tests;

/// <summary>A connection is known for what it is as early as its bytes can show it.</summary>
public class EarlyAnswerTests
{
    [Theory]
    [InlineData(@"GET / HTTP/1.1\r\n\r\n")]
    [InlineData(@"\r\n\nPOST /a?b=c HTTP/1.0\nHost: \t a \t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")]
    [InlineData(@"M-SEARCH * HTTP/1.1\r\nX: a\r\n b\r\nY:\r\nConnection: close\r\n\n")]
    public void Every_part_of_a_request_head_needs_more(string head)
    {
        byte[] bytes = Visible.Bytes(head);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, HeadReader.TryReadRequest(bytes.AsSpan(..length), out _, out var reason));
            Assert.Equal(InvalidReason.None, reason);
            Assert.NotEqual(OperationStatus.InvalidData, HeadReader.LooksLikeRequest(bytes.AsSpan(..length)));
        }

        Assert.Equal(OperationStatus.Done, HeadReader.TryReadRequest(bytes, out var read, out _));
        Assert.Equal(bytes.Length, read.Length);
    }

    [Theory]
    [InlineData(@"HTTP/1.1 200\r\n\r\n")]
    [InlineData(@"\r\n\nHTTP/1.0 404 Not Found\nX : a\r\n\r\n")]
    [InlineData(@"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nY:\r\nConnection: close\r\n\n")]
    public void Every_part_of_a_response_head_needs_more(string head)
    {
        byte[] bytes = Visible.Bytes(head);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, HeadReader.TryReadResponse(bytes.AsSpan(..length), out _, out var reason));
            Assert.Equal(InvalidReason.None, reason);
            Assert.NotEqual(OperationStatus.InvalidData, HeadReader.LooksLikeResponse(bytes.AsSpan(..length)));
        }

        Assert.Equal(OperationStatus.Done, HeadReader.TryReadResponse(bytes, out var read, out _));
        Assert.Equal(bytes.Length, read.Length);
    }

    /// <summary>The mark ^ stands behind the byte that proves it.</summary>
    [Theory]
    [InlineData(@"\x16\x03^\x01\x02\x00\x01", InvalidReason.TlsRecord)]
    [InlineData(@"PRI * HTTP/2^.0\r\n\r\nSM\r\n\r\n", InvalidReason.Http2Preface)]
    [InlineData(@"GET /index.html\r^\n", InvalidReason.Http09)]
    [InlineData(@"*3\r^\n$3\r\nSET\r\n", InvalidReason.Method)] // Redis
    [InlineData(@"PING\r^\n", InvalidReason.Method)] // Redis, inline
    [InlineData(@"get key\r^\n", InvalidReason.Version)] // memcached
    [InlineData(@"\x00^\x00\x00\x08\x04\xD2\x16\x2F", InvalidReason.Method)] // PostgreSQL, SSLRequest
    [InlineData(@"J\x00^\x00\x00\x0A8.0.36\x00", InvalidReason.Method)] // MySQL, greeting
    [InlineData(@"SSH-2.0-OpenSSH_9.6\r^\n", InvalidReason.Method)]
    [InlineData(@"EHLO mail.example.org\r^\n", InvalidReason.Version)] // SMTP
    [InlineData(@"A\x80^", InvalidReason.Method)]
    public void What_is_no_request_is_told_by_the_shortest_prefix(string start, InvalidReason expected)
    {
        var (bytes, proof) = Marked(start);
        for (int length = 0; length < proof; length++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, HeadReader.TryReadRequest(bytes.AsSpan(..length), out _, out _));
        }

        for (int length = proof; length <= bytes.Length; length++)
        {
            Assert.Equal(OperationStatus.InvalidData, HeadReader.TryReadRequest(bytes.AsSpan(..length), out _, out var reason));
            Assert.Equal(OperationStatus.InvalidData, HeadReader.LooksLikeRequest(bytes.AsSpan(..length)));
            Assert.Equal(expected, reason);
        }
    }

    [Theory]
    [InlineData(@"\x16\x03^\x03\x00\x7A", InvalidReason.TlsRecord)]
    [InlineData(@"\x00^\x00\x12\x04\x00\x00", InvalidReason.StartLine)] // HTTP/2, SETTINGS
    [InlineData(@"+^OK\r\n", InvalidReason.StartLine)] // Redis
    [InlineData(@"J^\x00\x00\x00\x0A8.0.36\x00", InvalidReason.StartLine)] // MySQL, greeting
    [InlineData(@"HTTP/2^ 200\r\n", InvalidReason.Version)]
    [InlineData(@"HTTP/1.1 2x^", InvalidReason.Status)]
    public void What_is_no_response_is_told_by_the_shortest_prefix(string start, InvalidReason expected)
    {
        var (bytes, proof) = Marked(start);
        for (int length = 0; length < proof; length++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, HeadReader.TryReadResponse(bytes.AsSpan(..length), out _, out _));
        }

        for (int length = proof; length <= bytes.Length; length++)
        {
            Assert.Equal(OperationStatus.InvalidData, HeadReader.TryReadResponse(bytes.AsSpan(..length), out _, out var reason));
            Assert.Equal(OperationStatus.InvalidData, HeadReader.LooksLikeResponse(bytes.AsSpan(..length)));
            Assert.Equal(expected, reason);
        }
    }

    [Theory]
    [InlineData("GET /", OperationStatus.Done)]
    [InlineData(@"\r\nDELETE /", OperationStatus.Done)]
    [InlineData("GET ", OperationStatus.NeedMoreData)]
    [InlineData("", OperationStatus.NeedMoreData)]
    [InlineData("OPTIONS *", OperationStatus.NeedMoreData)]
    [InlineData(@"OPTIONS * HTTP/1.1\r\n", OperationStatus.Done)]
    [InlineData("and /or", OperationStatus.NeedMoreData)]
    [InlineData("and /or else", OperationStatus.InvalidData)]
    [InlineData(@"PURGE /a HTTP/1.1\r\n", OperationStatus.Done)]
    [InlineData("{\"a\": 1}", OperationStatus.InvalidData)]
    public void A_known_method_and_a_slash_look_like_a_request_and_so_does_a_request_line(string text, OperationStatus expected) =>
        Assert.Equal(expected, HeadReader.LooksLikeRequest(Visible.Bytes(text)));

    [Theory]
    [InlineData("HTTP/1.", OperationStatus.Done)]
    [InlineData(@"\nHTTP/1.0 2", OperationStatus.Done)]
    [InlineData("HTTP/1", OperationStatus.NeedMoreData)]
    [InlineData("", OperationStatus.NeedMoreData)]
    [InlineData("HTTP/1.1-", OperationStatus.InvalidData)]
    [InlineData("<html>", OperationStatus.InvalidData)]
    public void A_version_looks_like_a_response(string text, OperationStatus expected) =>
        Assert.Equal(expected, HeadReader.LooksLikeResponse(Visible.Bytes(text)));

    private static (byte[] Bytes, int Proof) Marked(string text)
    {
        byte[] bytes = Visible.Bytes(text);
        int mark = Array.IndexOf(bytes, (byte)'^');
        return ([.. bytes[..mark], .. bytes[(mark + 1)..]], mark);
    }
}
