using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Shop;

/// <summary>
/// Takes what Zipkin (9411, JSON) and SkyWalking (11800, gRPC) are sent, as strictly as they do, and tells at <c>GET /received/...</c> what it
/// was. Keeps the first 20,000 of each.
/// </summary>
internal static class Collector
{
    private const int MaxKept = 20_000;

    public static async Task<int> RunAsync()
    {
        var spans = new ConcurrentQueue<JsonNode>();
        var events = new ConcurrentQueue<SpanAttachedEvent>();

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.ListenAnyIP(9411);
            options.ListenAnyIP(11800, listening => listening.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.MapPost("/api/v2/spans", async (HttpRequest request) =>
        {
            var body = request.Headers.ContentEncoding == "gzip" ? new GZipStream(request.Body, CompressionMode.Decompress) : request.Body;
            if (await JsonNode.ParseAsync(body) is not JsonArray received) return Results.BadRequest("an array of spans is wanted");
            foreach (var span in received)
                if (spans.Count < MaxKept) spans.Enqueue(span!.DeepClone());
            return Results.Accepted();
        });
        app.MapPost("/skywalking.v3.SpanAttachedEventReportService/collect", async (HttpContext context) =>
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            foreach (var message in Messages(body.ToArray()))
                if (events.Count < MaxKept) events.Enqueue(SpanAttachedEvent.Parser.ParseFrom(message));

            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[5]); // an empty message
            context.Response.AppendTrailer("grpc-status", "0");
        });
        app.MapGet("/received/zipkin", () => Results.Text(JsonSerializer.Serialize(spans), "application/json"));
        app.MapGet("/received/skywalking", () => Results.Text($"[{string.Join(',', events)}]", "application/json"));
        await app.RunAsync();
        return 0;
    }

    private static IEnumerable<byte[]> Messages(byte[] body)
    {
        for (int at = 0; at < body.Length;)
        {
            if (body[at] != 0) throw new InvalidDataException("compressed, which was not agreed on");
            int length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1));
            yield return body[(at + 5)..(at + 5 + length)];
            at += 5 + length;
        }
    }
}
