using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace NetProfiler.Node.Tests.Profiled;

/// <summary>The test assembly as a program: <c>server PORT</c> is Kestrel, <c>client PORT COUNT</c> is HttpClient.</summary>
internal static class Program
{
    public static async Task Main(string[] args)
    {
        if (args is ["server", var port]) await ServeAsync(int.Parse(port));
        if (args is ["client", var server, var count]) await AskAsync(int.Parse(server), int.Parse(count));
    }

    private static async Task ServeAsync(int port)
    {
        // it is watched
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1));
        await using var application = builder.Build();
        application.MapMethods("/small", ["GET", "HEAD"], () => "hello\n");
        application.MapGet("/large", () => Results.Bytes(new byte[200_000]));
        application.MapGet("/fail", () => Results.StatusCode(500));
        application.MapGet("/chunked", async (HttpContext context) =>
        {
            for (int i = 0; i < 10; i++) await context.Response.Body.WriteAsync(new byte[i * 1000]);
        });
        application.MapPost("/echo", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            return Results.Bytes(body.ToArray());
        });
        await application.StartAsync();
        Console.WriteLine("ready");
        await application.WaitForShutdownAsync();
    }

    private static async Task AskAsync(int port, int count)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 4 }) {
            BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (n, cancellation) =>
        {
            using var request = Request(n);
            using var response = await client.SendAsync(request, cancellation);
        });
    }

    private static HttpRequestMessage Request(int n) => (n % 10) switch
    {
        0 => new(HttpMethod.Get, $"/small?n={n}"),
        1 => new(HttpMethod.Get, $"/f8?n={n}"),
        2 => new(HttpMethod.Get, $"/missing?n={n}"),
        3 => new(HttpMethod.Get, $"/fail?n={n}"),
        4 => new(HttpMethod.Head, $"/f5?n={n}"),
        5 => new(HttpMethod.Post, $"/upload?n={n}") { Content = new ByteArrayContent(new byte[n * 97]) },
        6 => new(HttpMethod.Post, $"/upload?n={n}") { Content = new ByteArrayContent(new byte[1 + n * 200]),
            Headers = { TransferEncodingChunked = true } },
        7 => new(HttpMethod.Get, $"/kept?n={n}") { Headers = { { "Range", "bytes=0-999" } } },
        8 => new(HttpMethod.Get, $"/f11?n={n}"),
        _ => new(HttpMethod.Get, $"/text.txt?n={n}") { Headers = { { "Accept-Encoding", "gzip" } } },
    };
}
