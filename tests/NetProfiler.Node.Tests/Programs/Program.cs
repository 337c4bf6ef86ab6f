using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace NetProfiler.Node.Tests.Profiled;

/// <summary>
/// The test assembly as a program: <c>server PORT [FOLDER]</c> is Kestrel, <c>client PORT COUNT [FOLDER]</c> is HttpClient; with the folder
/// of cert.pem and key.pem they speak TLS.
/// </summary>
internal static class Program
{
    public static async Task Main(string[] args)
    {
        if (args is ["server", var port, .. var served]) await ServeAsync(int.Parse(port), served.FirstOrDefault());
        if (args is ["client", var server, var count, .. var shown]) await AskAsync(int.Parse(server), int.Parse(count), shown.Length > 0);
    }

    private static async Task ServeAsync(int port, string? folder)
    {
        // it is watched
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (folder is not null)
                listen.UseHttps(X509Certificate2.CreateFromPemFile(Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem")));
        }));
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

    private static async Task AskAsync(int port, int count, bool isSecure)
    {
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 4 };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost";
        using var client = new HttpClient(handler) { BaseAddress = new Uri($"{(isSecure ? "https" : "http")}://127.0.0.1:{port}") };
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
