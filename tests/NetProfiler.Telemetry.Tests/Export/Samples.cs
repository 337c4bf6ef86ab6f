using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>Samples of one POST with a secret in every place, as each kind of trace context may come with it.</summary>
internal static class Samples
{
    public const string Secret = "hunter2-s3cr3t";
    public const string W3C = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: vendor=1\r\n";
    public const string B3 = "b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90\r\n";
    public const string Sw8 = "sw8: 1-VFJBQ0VJRA==-U0VHTUVOVElE-3-UEFSRU5UX1NFUlZJQ0U=-UEFSRU5UX0lOU1RBTkNF-UEFSRU5UX0VORFBPSU5U-SVBQT1JU\r\n";

    private const long Start = 1_767_323_045_123_456_789;

    public static readonly SampleContent Content = new(new RedactionPolicy(SecretNames.Default, new Masker("a key of the tests"u8)),
        "authorization", "x-request-id");

    public static ShownSample Shown(string traceFields = B3, EndpointRole role = EndpointRole.Server, ulong id = 0x1122334455667788,
        ContentPolicy? content = null) =>
        Content.Show(Raw(traceFields, role, id, content));

    public static Sample Raw(string traceFields = B3, EndpointRole role = EndpointRole.Server, ulong id = 0x1122334455667788,
        ContentPolicy? content = null)
    {
        string body = $"{{\"item\":\"tea\",\"password\":\"{Secret}\"}}";
        string requestHead = $"POST /cart?id=1&token={Secret} HTTP/1.1\r\nHost: shop:8080\r\nAuthorization: Bearer {Secret}\r\nCookie: "
            + $"session={Secret}\r\n" +
            $"X-Request-ID: 7f3a\r\nReferer: http://ann:{Secret}@shop/?access_token={Secret}\r\n{traceFields}Content-Type: "
                + $"application/json\r\nContent-Length: {body.Length}\r\n\r\n";
        string responseHead = $"HTTP/1.1 500 Oh no\r\nContent-Type: text/plain\r\nSet-Cookie: id={Secret}; Path=/\r\nContent-Length: "
            + "5\r\n\r\n";
        byte[] head = Encoding.UTF8.GetBytes(requestHead);
        byte[] fields = Encoding.UTF8.GetBytes(traceFields);
        bool isServer = role == EndpointRole.Server;

        return new Sample
        {
            Id = new SpanId(id),
            Rule = "checkout",
            SampledAs = SampledAs.ServerError,
            Content = content ?? new ContentPolicy(CollectedContent.Full, CollectedContent.Full, 4096, 4096),
            Trace = TraceContextReader.Default.TryRead(fields, out var context) ? TraceReference.Of(context, fields) : null,
            Role = role,
            Process = new ProcessIdentity(7, "cart"),
            Peer = new ProcessIdentity(8, "web"),
            Local = "10.0.0.1:8080",
            Remote = "10.0.0.2:41234",
            Status = 500,
            Request = new SampledMessage
            {
                Head = head,
                Body = Encoding.UTF8.GetBytes(body),
                Bytes = head.Length + body.Length,
                BodyBytes = body.Length,
                StartUnixNanoseconds = Start,
                EndUnixNanoseconds = Start + 50_000,
                Calls = [Call(isServer ? SocketCall.Read : SocketCall.SendMsg, isServer ? Direction.Ingress : Direction.Egress,
                    head.Length + body.Length, 0, 50_000)],
            },
            Response = new SampledMessage
            {
                Head = Encoding.UTF8.GetBytes(responseHead),
                Body = "sorry"u8.ToArray(),
                Bytes = responseHead.Length + 5,
                BodyBytes = 5,
                StartUnixNanoseconds = Start + 900_000,
                EndUnixNanoseconds = Start + 1_234_567,
                Calls =
                [
                    Call(isServer ? SocketCall.WriteV : SocketCall.RecvFrom, isServer ? Direction.Egress : Direction.Ingress,
                        responseHead.Length, 900_000, 950_000),
                    Call(isServer ? SocketCall.SendFile : SocketCall.RecvFrom, isServer ? Direction.Egress : Direction.Ingress, 5, 960_000,
                        1_234_567),
                ],
            },
            StartUnixNanoseconds = Start,
            DurationNanoseconds = 1_234_567,
            TimeToFirstByteNanoseconds = 950_000,
            RoundTripMicroseconds = 42,
            Retransmissions = 1,
        };
    }

    private static SampledCall Call(SocketCall call, Direction direction, long bytes, long start, long end) =>
        new(call, direction, bytes, Start + start, Start + end);
}
