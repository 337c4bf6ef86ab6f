using System.Buffers;

namespace NetProfiler.Http1.Tests;

public class AllocationTests
{
    [Fact]
    public void Heads_and_bodies_are_read_without_allocating()
    {
        ReadAll();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++) ReadAll();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void ReadAll()
    {
        var request = "POST / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, x\r\nContent-Length: 5, 5\r\n\r\n"u8;
        var status = HeadReader.TryReadRequest(request, out var requestHead, out _);
        var body = new BodyReader(BodyLength.OfRequest(requestHead));
        var ended = body.Read("hello"u8, out _);

        var response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nX: y\r\n\r\n"u8;
        status |= HeadReader.TryReadResponse(response, out var responseHead, out _);
        body = new BodyReader(BodyLength.OfResponse(responseHead, RequestMethod.Get));
        var content = default(LongestPiece);
        ended |= body.Read("5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n"u8, ref content, out _);

        foreach (var field in new HeaderFields(responseHead.FieldLines.Of(response))) content.Accept(field.Value);
        status |= HeadReader.LooksLikeResponse(response);
        bool isRefused = HeadReader.TryReadRequest("GET /\r\n"u8, out _, out _) == OperationStatus.InvalidData;

        if (status != OperationStatus.Done || ended != OperationStatus.Done || !isRefused) Assert.Fail("read otherwise than expected");
    }

    private struct LongestPiece : IContentConsumer
    {
        public int Bytes { get; private set; }

        public void Accept(ReadOnlySpan<byte> content) => Bytes = int.Max(Bytes, content.Length);
    }
}
