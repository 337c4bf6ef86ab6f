using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace NetProfiler.Shop;

/// <summary>The tier in the middle. It answers as a <see cref="Visit"/> says, and asks the stock (STOCK_URL) for items.</summary>
internal static class Cart
{
    public static async Task<int> RunAsync()
    {
        // The trace is the one that the visitor chose, not one of the runtime's.
        using var transport = new SocketsHttpHandler { ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30), UseProxy = false };
        using var stock = new HttpClient(transport) { BaseAddress = new Uri(Environment.GetEnvironmentVariable("STOCK_URL")
            ?? "http://127.0.0.1:8081") };

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapGet("/cart/{number:int}", (int number) => Results.Json(new { number }));
        app.MapGet("/missing/{number:int}", () => Results.NotFound());
        app.MapGet("/fail/{number:int}", () => Results.StatusCode(500));
        app.MapPost("/checkout/{number:int}", async (int number, HttpRequest request) =>
        {
            var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            await Task.Delay(new Visit(number).DelayMilliseconds);
            return Results.Text($"{body.Length} bytes ordered\n");
        });
        app.MapGet("/items/{number:int}", async (int number, HttpRequest incoming) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/stock/{number}");
            request.Headers.TryAddWithoutValidation("traceparent", (string?)incoming.Headers["x-next-traceparent"]);
            using var response = await stock.SendAsync(request);
            return response.StatusCode == HttpStatusCode.OK
                ? Results.Text(await response.Content.ReadAsStringAsync(), "application/json")
                : Results.StatusCode((int)HttpStatusCode.BadGateway);
        });
        await app.RunAsync("http://0.0.0.0:8080");
        return 0;
    }
}
