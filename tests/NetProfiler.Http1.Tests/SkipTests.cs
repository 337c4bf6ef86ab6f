using System.Buffers;

namespace NetProfiler.Http1.Tests;

public class SkipTests
{
    [Fact]
    public void A_fixed_body_skips_to_its_end_and_no_further()
    {
        var body = new BodyReader(new BodyLength(BodyKind.Fixed, 10));
        Assert.Equal(10, body.KnownRemaining);
        Assert.Equal(4, body.Skip(4));
        Assert.False(body.IsDone);
        Assert.Equal(6, body.Skip(100));
        Assert.True(body.IsDone);
        Assert.Equal(10, body.ContentBytes);
        Assert.Equal(0, body.Skip(1));
    }

    [Theory]
    [InlineData(BodyKind.UntilClose)]
    [InlineData(BodyKind.Tunnel)]
    public void A_body_without_an_end_skips_everything(BodyKind kind)
    {
        var body = new BodyReader(new BodyLength(kind, 0));
        Assert.Equal(1L << 40, body.Skip(1L << 40));
        Assert.Equal(long.MaxValue, body.KnownRemaining);
        Assert.False(body.IsDone);
    }

    [Fact]
    public void A_chunk_skips_with_its_line_end_and_no_further()
    {
        var body = Chunked("a\r\nab"u8);
        Assert.Equal(8, body.KnownRemaining);
        Assert.Equal(10, body.Skip(100));
        Assert.Equal(10, body.ContentBytes);
        Assert.Equal(0, body.Skip(1));
        Assert.Equal(OperationStatus.Done, body.Read("0\r\n\r\n"u8, out _));
    }

    [Fact]
    public void A_gap_may_end_within_the_line_end_of_a_chunk()
    {
        var body = Chunked("2\r\n"u8);
        Assert.Equal(3, body.Skip(3));
        Assert.Equal(OperationStatus.Done, body.Read("\n0\r\n\r\n"u8, out _));
    }

    [Fact]
    public void A_gap_may_begin_within_the_line_end_of_a_chunk()
    {
        var body = Chunked("2\r\nhi\r"u8);
        Assert.Equal(1, body.Skip(3));
        Assert.Equal(OperationStatus.Done, body.Read("0\r\n\r\n"u8, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1\r")]
    [InlineData("0\r\n")]
    [InlineData("0\r\nX")]
    public void Sizes_and_trailers_cannot_be_skipped(string read)
    {
        var body = Chunked(System.Text.Encoding.ASCII.GetBytes(read));
        Assert.Equal(0, body.KnownRemaining);
        Assert.Equal(0, body.Skip(1));
    }

    [Theory]
    [InlineData(BodyKind.None)]
    [InlineData(BodyKind.Invalid)]
    public void A_body_that_has_no_bytes_skips_none(BodyKind kind)
    {
        var body = new BodyReader(new BodyLength(kind, 0));
        Assert.Equal(0, body.Skip(5));
    }

    [Fact]
    public void A_faulty_chunk_skips_nothing()
    {
        var body = Chunked("1\r\nab"u8);
        Assert.Equal(InvalidReason.ChunkTerminator, body.Invalid);
        Assert.Equal(0, body.Skip(5));
    }

    [Fact]
    public void Less_than_nothing_is_nothing()
    {
        var body = Chunked("5\r\n"u8);
        Assert.Equal(0, body.Skip(-1));
        Assert.Equal(5, body.KnownRemaining);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_negative_length_is_none(long length)
    {
        var body = new BodyReader(new BodyLength(BodyKind.Fixed, length));
        Assert.True(body.IsDone);
        Assert.Equal(0, body.Skip(1));
    }

    private static BodyReader Chunked(ReadOnlySpan<byte> read)
    {
        var body = new BodyReader(new BodyLength(BodyKind.Chunked, 0));
        body.Read(read, out _);
        return body;
    }
}
