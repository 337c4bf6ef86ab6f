using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>A collector on loopback that keeps what it gets, and answers as the test says.</summary>
internal sealed class TestCollector : IAsyncDisposable
{
    private readonly WebApplication _application;

    private TestCollector(WebApplication application) => _application = application;

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>Before the answer; true: it answered itself.</summary>
    public Func<HttpContext, Request, Task<bool>> OnRequest { get; set; } = (_, _) => Task.FromResult(false);

    public int Port { get; private set; }

    public X509Certificate2? Certificate { get; private init; }

    public sealed record Request(string Method, string Path, IHeaderDictionary Headers, byte[] Body)
    {
        public IReadOnlyList<byte[]> Frames
        {
            get
            {
                var frames = new List<byte[]>();
                for (int at = 0; at < Body.Length;)
                {
                    Assert.Equal(0, Body[at]);
                    int length = BinaryPrimitives.ReadInt32BigEndian(Body.AsSpan(at + 1));
                    frames.Add(Body[(at + 5)..(at + 5 + length)]);
                    at += 5 + length;
                }

                return frames;
            }
        }
    }

    public static async Task<TestCollector> StartAsync(HttpProtocols protocols, bool tls = false, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var certificate = tls ? SelfSigned() : null;
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port, listening =>
        {
            listening.Protocols = protocols;
            if (certificate is not null) listening.UseHttps(certificate);
        }));
        var application = builder.Build();
        var collector = new TestCollector(application) { Certificate = certificate };
        application.Run(collector.HandleAsync);
        await application.StartAsync();
        collector.Port = new Uri(application.Urls.First()).Port;
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        byte[] bytes = body.ToArray();
        if (context.Request.Headers.ContentEncoding == "gzip") bytes = Unzip(bytes);
        var request = new Request(context.Request.Method, context.Request.Path, new HeaderDictionary(context.Request.Headers.ToDictionary()), bytes);
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

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
