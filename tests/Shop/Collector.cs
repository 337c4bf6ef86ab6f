using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NetProfiler.Telemetry.Export.SkyWalking;

namespace NetProfiler.Shop;

/// <summary>
/// Takes what Zipkin (9411, JSON) and SkyWalking (11800, gRPC) are sent, as strictly as they do, and tells at <c>GET /received/...</c> what
/// it was. Keeps the first 20,000 of each.
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
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(events);
        var app = builder.Build();
        app.MapPost("/api/v2/spans", async (HttpRequest request) =>
        {
            var body = request.Headers.ContentEncoding == "gzip" ? new GZipStream(request.Body, CompressionMode.Decompress) : request.Body;
            if (await JsonNode.ParseAsync(body) is not JsonArray received) return Results.BadRequest("an array of spans is wanted");
            foreach (var span in received)
                if (spans.Count < MaxKept) spans.Enqueue(span!.DeepClone());
            return Results.Accepted();
        });
        app.MapGrpcService<SkyWalkingService>();
        app.MapGet("/received/zipkin", () => Results.Text(JsonSerializer.Serialize(spans), "application/json"));
        app.MapGet("/received/skywalking", () => Results.Text($"[{string.Join(',', events)}]", "application/json"));
        await app.RunAsync();
        return 0;
    }

    private sealed class SkyWalkingService(ConcurrentQueue<SpanAttachedEvent> events)
        : SpanAttachedEventReportService.SpanAttachedEventReportServiceBase
    {
        public override async Task<Commands> collect(IAsyncStreamReader<SpanAttachedEvent> requestStream, ServerCallContext context)
        {
            await foreach (var one in requestStream.ReadAllAsync())
                if (events.Count < MaxKept) events.Enqueue(one);
            return new Commands();
        }
    }
}
