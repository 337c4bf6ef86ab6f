using System.Buffers;
using System.Text;

namespace NetProfiler.Http1.Tests;

/// <summary>What a peer sends without an end is refused at a bound.</summary>
public class BoundTests
{
    [Fact]
    public void A_head_of_the_greatest_length_is_read()
    {
        byte[] bytes = HeadOf(HeadReader.MaxHeadBytes);
        Assert.Equal(OperationStatus.Done, HeadReader.TryReadRequest([.. bytes, .. "more"u8], out var head, out _));
        Assert.Equal(HeadReader.MaxHeadBytes, head.Length);
        Assert.Equal(OperationStatus.NeedMoreData, HeadReader.TryReadRequest(bytes.AsSpan(..^1), out _, out _));
    }

    [Fact]
    public void A_longer_head_is_too_large()
    {
        byte[] bytes = HeadOf(HeadReader.MaxHeadBytes + 1);
        Assert.Equal(OperationStatus.InvalidData, HeadReader.TryReadRequest(bytes, out _, out var reason));
        Assert.Equal(InvalidReason.HeadTooLarge, reason);
        Assert.Equal(OperationStatus.InvalidData, HeadReader.TryReadRequest(bytes.AsSpan(..^1), out _, out reason));
        Assert.Equal(InvalidReason.HeadTooLarge, reason);
    }

    [Theory]
    [InlineData("GET /")]
    [InlineData("GET / HTTP/1.1\r\nX")]
    [InlineData("GET / HTTP/1.1\r\nX: \r\n ")]
    public void Whatever_part_of_a_request_has_no_end_it_is_too_large(string start)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(start + new string('a', HeadReader.MaxHeadBytes));
        Assert.Equal(OperationStatus.InvalidData, HeadReader.TryReadRequest(bytes, out _, out var reason));
        Assert.Equal(InvalidReason.HeadTooLarge, reason);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 ")]
    [InlineData("HTTP/1.1 200 OK\r\nX")]
    [InlineData("HTTP/1.1 200 OK\r\nX: ")]
    public void Whatever_part_of_a_response_has_no_end_it_is_too_large(string start)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(start + new string('a', HeadReader.MaxHeadBytes));
        Assert.Equal(OperationStatus.InvalidData, HeadReader.TryReadResponse(bytes, out _, out var reason));
        Assert.Equal(InvalidReason.HeadTooLarge, reason);
    }

    [Theory]
    [InlineData("", '0', InvalidReason.ChunkSize)]
    [InlineData("1", ' ', InvalidReason.ChunkSize)]
    [InlineData("1;", 'a', InvalidReason.ChunkExtension)]
    [InlineData("1;a=\"", 'a', InvalidReason.ChunkExtension)]
    [InlineData("0\r\n", 'X', InvalidReason.Trailer)]
    [InlineData("0\r\nX:", 'a', InvalidReason.Trailer)]
    public void Whatever_part_of_chunk_framing_has_no_end_it_is_invalid(string start, char forever, InvalidReason expected)
    {
        const int Plenty = 100_000;

        var body = new BodyReader(new BodyLength(BodyKind.Chunked, 0));
        byte[] bytes = Encoding.ASCII.GetBytes(start + new string(forever, Plenty));
        Assert.Equal(OperationStatus.InvalidData, body.Read(bytes, out int consumed));
        Assert.InRange(consumed, start.Length, Plenty - 1);
        Assert.Equal(expected, body.Invalid);
    }

    private static byte[] HeadOf(int length)
    {
        const string Start = "GET / HTTP/1.1\r\nX: ", End = "\r\n\r\n";
        return Encoding.ASCII.GetBytes(Start + new string('a', length - Start.Length - End.Length) + End);
    }
}
