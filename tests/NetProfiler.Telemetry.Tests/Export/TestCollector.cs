using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>
/// A collector on loopback that keeps what it gets, and answers as the test says: of gRPC by hand, so that it can abort and lie.
/// <c>GrpcTestCollector</c> has the services' own bases.
/// </summary>
internal sealed class TestCollector : IAsyncDisposable
{
    private readonly WebApplication _application;

    private TestCollector(WebApplication application) => _application = application;

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>Instead of reading the request: answers before it is there.</summary>
    public Func<HttpContext, Task>? OnConnected { get; set; }

    /// <summary>Before the answer; true: it answered itself.</summary>
    public Func<HttpContext, Request, Task<bool>> OnRequest { get; set; } = (_, _) => Task.FromResult(false);

    public int Port { get; private set; }

    public sealed record Request(string Method, string Path, IHeaderDictionary Headers, byte[] Body);

    public static async Task<TestCollector> StartAsync(HttpProtocols protocols, int port = 0)
    {
        var application = LoopbackApplication(protocols, null, port, _ => { });
        var collector = new TestCollector(application);
        application.Run(collector.HandleAsync);
        await application.StartAsync();
        collector.Port = new Uri(application.Urls.First()).Port;
        return collector;
    }

    public static WebApplication LoopbackApplication(
        HttpProtocols protocols, X509Certificate2? certificate, int port, Action<IServiceCollection> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        configure(builder.Services);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
            .ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port, listening =>
        {
            listening.Protocols = protocols;
            if (certificate is not null) listening.UseHttps(certificate);
        }));
        return builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (OnConnected is not null)
        {
            await OnConnected(context);
            return;
        }

        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        byte[] bytes = body.ToArray();
        if (context.Request.Headers.ContentEncoding == "gzip") bytes = Unzip(bytes);
        var request = new Request(context.Request.Method, context.Request.Path,
            new HeaderDictionary(context.Request.Headers.ToDictionary()), bytes);
        if (await OnRequest(context, request)) return;

        Requests.Enqueue(request);
        bool isGrpc = context.Request.ContentType == "application/grpc";
        if (!isGrpc)
        {
            context.Response.StatusCode = 202;
            return;
        }

        await AnswerGrpcAsync(context, 0);
    }

    public static async Task AnswerGrpcAsync(HttpContext context, int status, string message = "")
    {
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        if (status == 0) await context.Response.Body.WriteAsync(new byte[5]); // an empty message
        context.Response.AppendTrailer("grpc-status", $"{status}");
        if (message.Length > 0) context.Response.AppendTrailer("grpc-message", message);
    }

    private static byte[] Unzip(byte[] bytes)
    {
        var output = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        gzip.CopyTo(output);
        return output.ToArray();
    }
}
