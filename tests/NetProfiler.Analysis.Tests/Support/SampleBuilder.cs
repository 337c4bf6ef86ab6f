using System.IO.Compression;
using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>A sample from the two messages as they are on the wire.</summary>
internal static class SampleBuilder
{
    public static readonly RedactionPolicy Policy = new(SecretNames.Default, new Masker("a key of the tests"u8));

    public static readonly ContentPolicy Everything =
        new(CollectedContent.Full, CollectedContent.Full, ContentPolicy.MaxMessageBytes, ContentPolicy.MaxMessageBytes);

    public static Sample Sample(string request, string response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ContentPolicy? content = null) =>
        Sample(Encoding.UTF8.GetBytes(request), Encoding.UTF8.GetBytes(response), content);

    public static Sample Sample(byte[] request, byte[] response, ContentPolicy? content = null) => new()
    {
        Id = new SpanId(0x1122334455667788),
        Rule = "checkout",
        SampledAs = SampledAs.Slow,
        Content = content ?? Everything,
        Role = EndpointRole.Server,
        Process = new ProcessIdentity(7, "cart"),
        Local = "10.0.0.1:80",
        Remote = "10.0.0.2:41234",
        Status = 200,
        Request = Message(request),
        Response = Message(response),
        StartUnixNanoseconds = 1_767_323_045_123_456_789,
        DurationNanoseconds = 1_234_567,
    };

    public static ShownSample Show(Sample sample) => new SampleContent(Policy).Show(sample);

    /// <summary>The body of a response with these fields, as it is shown.</summary>
    public static ShownBody? Body(string fields, byte[] body, bool isCut = false)
    {
        byte[] response = [.. Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n"), .. body];
        var sample = Sample(Encoding.UTF8.GetBytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), response);
        return Show(sample with { Response = sample.Response with { IsBodyCut = isCut } }).Response.Body;
    }

    public static byte[] Gzip(byte[] content) => Compress(content, to => new GZipStream(to, CompressionLevel.Optimal));

    public static byte[] Brotli(byte[] content) => Compress(content, to => new BrotliStream(to, CompressionLevel.Optimal));

    public static byte[] ZLib(byte[] content) => Compress(content, to => new ZLibStream(to, CompressionLevel.Optimal));

    public static byte[] RawDeflate(byte[] content) => Compress(content, to => new DeflateStream(to, CompressionLevel.Optimal));

    private static byte[] Compress(byte[] content, Func<Stream, Stream> open)
    {
        var output = new MemoryStream();
        using (var stream = open(output)) stream.Write(content);
        return output.ToArray();
    }

    private static SampledMessage Message(byte[] message)
    {
        int head = message.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        return new SampledMessage
        {
            Head = message.AsMemory(0, head),
            Body = message.AsMemory(head),
            Bytes = message.Length,
            BodyBytes = message.Length - head,
            StartUnixNanoseconds = 1_767_323_045_123_456_789,
            EndUnixNanoseconds = 1_767_323_045_124_000_000,
        };
    }
}
