using System.IO.Compression;
using System.Net.Http.Headers;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>Posts spans to Zipkin as v2 JSON.</summary>
internal sealed class ZipkinTransport(Uri address, TimeProvider time, SpanSettings? settings = null) : ISampleTransport<byte[]>
{
    private readonly SpanSettings _settings = settings ?? SpanSettings.Default;
    private readonly HttpClient _client = HttpAnswers.CreateClient();
    private readonly ZipkinSpanWriter _writer = new(settings ?? SpanSettings.Default);

    public ExportDrop? Refuses(ShownSample sample) =>
        _settings.Unsampled == UnsampledTraces.Drop && SpanPlacements.Of(sample, _settings) == SpanPlacement.UnsampledTrace
            ? ExportDrop.NotSampled
            : null;

    public byte[] Encode(ShownSample sample) => _writer.Write(sample);

    public async Task<SendResult> SendAsync(IReadOnlyList<byte[]> records, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(Compress(records)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.Authorization = CollectorUri.Authorization(address);

        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        byte[] answer = await HttpAnswers.ReadAsync(response, cancellation).ConfigureAwait(false);
        string detail = HttpAnswers.Detail(response.StatusCode, answer);
        var retryAfter = HttpAnswers.RetryAfter(response, time);
        if ((int)response.StatusCode != 500) return new SendResult(HttpAnswers.OutcomeOf(response.StatusCode), retryAfter, Detail: detail);

        // Either Zipkin's storage failed, or this is SkyWalking's receiver, which fails for each span without a duration and does not
        // report the reason.
        return new SendResult(SendOutcome.Retry, retryAfter, Detail: $"{detail}; if this is SkyWalking's OAP, use --skywalking HOST:11800");
    }

    public void Dispose() => _client.Dispose();

    private static byte[] Compress(IReadOnlyList<byte[]> spans)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            for (int i = 0; i < spans.Count; i++)
            {
                gzip.Write(i == 0 ? "["u8 : ","u8);
                gzip.Write(spans[i]);
            }

            gzip.Write("]"u8);
        }

        return output.ToArray();
    }
}
