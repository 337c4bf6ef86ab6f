// Two small real services for `make run`, and somebody who uses them: `shop` asks `stock` over TCP; some requests are slow,
// some fail. Each runs as a process of its own: netprofiler-demo shop|stock|visitors.
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

const string Stock = "http://127.0.0.1:7002";
const string Shop = "http://127.0.0.1:7001";

File.WriteAllText("/proc/self/comm", args is [var name, ..] ? name : "demo");

switch (args)
{
    case ["stock"]:
        await ServeAsync(Stock, app => app.MapGet("/items/{id:int}", async (int id) =>
        {
            if (id % 17 == 0) await Task.Delay(300); // a slow shelf
            return id % 23 == 0 ? Results.StatusCode(500) : Results.Json(new { id, left = id % 9 });
        }));
        break;

    case ["shop"]:
        using (var stock = new HttpClient { BaseAddress = new Uri(Stock) })
        {
            await ServeAsync(Shop, app =>
            {
                app.MapGet("/cart/{id:int}", async (int id) =>
                {
                    using var answer = await stock.GetAsync($"/items/{id}");
                    return answer.IsSuccessStatusCode
                        ? Results.Text(await answer.Content.ReadAsStringAsync(), "application/json")
                        : Results.StatusCode((int)HttpStatusCode.BadGateway);
                });
                app.MapPost("/checkout", async (HttpRequest request) =>
                {
                    using var body = new MemoryStream();
                    await request.Body.CopyToAsync(body);
                    await Task.Delay(20);
                    return Results.Text($"{body.Length} bytes ordered\n");
                });
            });
        }

        break;

    case ["visitors"]:
        await VisitAsync();
        break;

    default:
        Console.Error.WriteLine("usage: netprofiler-demo shop|stock|visitors");
        return 2;
}

return 0;

static async Task ServeAsync(string address, Action<WebApplication> map)
{
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    var app = builder.Build();
    map(app);
    await app.RunAsync(address);
}

// About fifty requests a second, until somebody ends us.
static async Task VisitAsync()
{
    using var shop = new HttpClient { BaseAddress = new Uri(Shop) };
    var order = new byte[10_000];
    for (int visit = 0; ; visit++)
    {
        try
        {
            using var answer = (visit % 10) switch
            {
                7 => await shop.PostAsync("/checkout", new ByteArrayContent(order)),
                9 => await shop.GetAsync($"/nowhere/{visit}"),
                _ => await shop.GetAsync($"/cart/{visit}"),
            };
        }
        catch (HttpRequestException)
        {
            // A service is still starting, or already gone.
        }

        await Task.Delay(15);
    }
}
