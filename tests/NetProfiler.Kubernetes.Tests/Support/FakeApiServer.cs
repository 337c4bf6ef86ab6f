using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using Prometheus;

namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>HTTP/2 over TLS, and whatever a test answers: for faults that a real API server cannot be made to show.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly TestAuthority _authority;
    private readonly bool _ownsAuthority;
    private readonly List<KubernetesClient> _clients = [];

    private FakeApiServer(WebApplication application, TestAuthority authority, bool ownsAuthority) =>
        (_application, _authority, _ownsAuthority) = (application, authority, ownsAuthority);

    /// <summary>Each request, as method, path and query.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public ConcurrentQueue<string> Connections { get; } = [];

    public Func<HttpContext, Task> Answer { get; set; } = context =>
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    };

    public CollectorRegistry Metrics { get; } = Prometheus.Metrics.NewCustomRegistry();

    public Uri Address => new(_application.Urls.Single());

    public ClusterAccess Access => new() { Server = Address, Trust = new ClusterTrust { Authorities = _authority.Pem } };

    public static async Task<FakeApiServer> StartAsync(
        TestAuthority? authority = null, X509Certificate2? certificate = null, int port = 0, X509Certificate2Collection? chain = null)
    {
        var its = authority ?? new TestAuthority();
        var served = certificate ?? its.Issue("localhost", IPAddress.Loopback);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (served, chain));
        }));
        var application = builder.Build();
        var server = new FakeApiServer(application, its, authority is null);
        application.Run(async context =>
        {
            server.Requests.Enqueue($"{context.Request.Method} "
                + $"{context.Request.Path}{Uri.UnescapeDataString(context.Request.QueryString.Value ?? "")}");
            server.Connections.Enqueue(context.Connection.Id);
            try
            {
                await server.Answer(context);
            }
            catch (OperationCanceledException)
            {
                // The client went.
            }
        });
        await application.StartAsync();
        return server;
    }

    public KubernetesClient Client(
        KubernetesClientOptions? options = null, TimeProvider? time = null, ClusterAccess? access = null)
    {
        var client = new KubernetesClient(
            access ?? Access, TestJson.Resources, options ?? new KubernetesClientOptions { RequestTimeout = Eventually.Patience }, Metrics,
            time ?? TimeProvider.System, NullLoggerFactory.Instance);
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        await _application.DisposeAsync();
        if (_ownsAuthority) _authority.Dispose();
    }
}

internal static class Answers
{
    public static Task Json(this HttpContext context, string json, int code = 200)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    }

    public static Task Status(this HttpContext context, int code, string reason, string message = "no") => context.Json(
        $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"{{message}}","reason":"{{reason}}","code":{{code}}}""", code);

    /// <summary>The stream ends with an error, whatever was sent before.</summary>
    public static Task Reset(this HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public static string Pod(string name, int version, string? node = null) =>
        $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"shop","uid":"uid-{{{name}}}","resourceVersion":"{{{version}}}","managedFields":[{"manager":"x"}]},"spec":{"nodeName":"{{{node ?? "node1"}}}","containers":[{"name":"app"}]},"status":{"phase":"Running"}}""";
}
