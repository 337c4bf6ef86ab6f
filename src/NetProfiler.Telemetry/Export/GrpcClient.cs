using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using Google.Protobuf;

namespace NetProfiler.Telemetry.Export;

/// <summary>How a gRPC call ended.</summary>
/// <param name="Message">The first message of the answer, if there is one.</param>
internal readonly record struct GrpcReply(int Status, string Detail, ReadOnlyMemory<byte> Message);

/// <summary>
/// gRPC over HttpClient's HTTP/2: each message behind a flag and its length, the outcome in the trailers. Cleartext needs no upgrade: HTTP/2
/// is known beforehand.
/// </summary>
internal sealed class GrpcClient(Uri address, string method, IReadOnlyList<(string Name, string Value)> metadata, SslClientAuthenticationOptions? tls = null)
    : IDisposable
{
    private const int PrefixBytes = 5;
    private const int Ok = 0, Cancelled = 1, Unknown = 2, InvalidArgument = 3, DeadlineExceeded = 4, ResourceExhausted = 8, Aborted = 10,
        OutOfRange = 11, Internal = 13, Unavailable = 14, DataLoss = 15;

    private readonly HttpClient _client = HttpAnswers.CreateClient(tls);
    private readonly Uri _method = new(address, method);

    public static SendOutcome OutcomeOf(int status) => status switch
    {
        Ok => SendOutcome.Sent,
        Cancelled or DeadlineExceeded or ResourceExhausted or Aborted or OutOfRange or Unavailable or DataLoss => SendOutcome.Retry,
        InvalidArgument or Unknown or Internal => SendOutcome.RecordRefused,
        _ => SendOutcome.Refused,
    };

    /// <summary>Sends the messages as one stream (of one, for a unary method) and waits for the call's end.</summary>
    public async Task<GrpcReply> CallAsync(IReadOnlyList<IMessage> messages, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _method)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new Frames(messages),
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in metadata) request.Headers.TryAddWithoutValidation(name, value);

        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        byte[] answer = await HttpAnswers.ReadAsync(response, cancellation).ConfigureAwait(false);
        int status = StatusOf(response, out string detail);
        return new GrpcReply(status, detail, FirstMessage(answer));
    }

    public void Dispose() => _client.Dispose();

    // A call that fails early has its status in the headers. Without one, the HTTP status tells (gRPC, "HTTP to gRPC Status Code Mapping").
    private static int StatusOf(HttpResponseMessage response, out string detail)
    {
        bool isTold = response.TrailingHeaders.TryGetValues("grpc-status", out var values) || response.Headers.TryGetValues("grpc-status", out values);
        bool isExplained = response.TrailingHeaders.TryGetValues("grpc-message", out var messages) || response.Headers.TryGetValues("grpc-message", out messages);
        detail = isExplained ? Uri.UnescapeDataString(messages!.First()) : $"HTTP {(int)response.StatusCode}";
        if (isTold && int.TryParse(values!.First(), NumberStyles.None, CultureInfo.InvariantCulture, out int status)) return status;

        return (int)response.StatusCode switch
        {
            400 => Internal,
            401 => 16,
            403 => 7,
            404 => 12,
            200 or 429 or 502 or 503 or 504 => Unavailable, // 200: the stream ended before its trailers
            _ => 12,
        };
    }

    private static ReadOnlyMemory<byte> FirstMessage(byte[] answer)
    {
        if (answer.Length < PrefixBytes || answer[0] != 0) return default;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(1));
        return length <= answer.Length - PrefixBytes ? answer.AsMemory(PrefixBytes, (int)length) : default;
    }

    private sealed class Frames : HttpContent
    {
        private readonly IReadOnlyList<IMessage> _messages;

        public Frames(IReadOnlyList<IMessage> messages)
        {
            _messages = messages;
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            foreach (var message in _messages)
            {
                byte[] frame = new byte[PrefixBytes + message.CalculateSize()];
                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - PrefixBytes);
                message.WriteTo(frame.AsSpan(PrefixBytes));
                await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
