using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Prometheus;

namespace NetProfiler.Telemetry;

/// <summary>
/// Serves /metrics, and whether the process is well. Kestrel alone, without the web host around it: no configuration, no environment
/// variables, no console, and less memory.
/// </summary>
public sealed class MetricsEndpoint : IAsyncDisposable
{
    /// <summary>Time for a request's head, and for a connection to send one.</summary>
    private static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan IdlePatience = TimeSpan.FromSeconds(10);

    /// <summary>A reader that takes less ends its connection.</summary>
    private static readonly MinDataRate LeastReading = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));

    private const string FrontPage = "<!doctype html><title>Netprofiler</title><a href=\"/metrics\">metrics</a>\n";

    private readonly IPEndPoint _endPoint;
    private readonly ScrapeHandler _scrapes;
    private readonly ConnectionLimiter _connections = new();
    private readonly KestrelServer _server;
    private ListenOptions? _listening;

    /// <param name="endPoint">Port 0 is any free one; see <see cref="BoundEndPoint"/>.</param>
    /// <param name="collect">
    /// Families of our own. Called once per scrape, on a thread-pool thread, before <paramref name="registry"/> is read; a collection that
    /// fails or is slow is answered with 503.
    /// </param>
    /// <param name="registry">What the process merely counts; null: nothing. Its families have other names than those of our own.</param>
    public MetricsEndpoint(
        IPEndPoint endPoint, Func<CancellationToken, ValueTask<IReadOnlyList<MetricFamily>>> collect, CollectorRegistry? registry = null)
        : this(endPoint, new ScrapeHandler(collect, registry ?? Metrics.NewCustomRegistry()))
    {
    }

    internal MetricsEndpoint(IPEndPoint endPoint, ScrapeHandler scrapes)
    {
        _endPoint = endPoint;
        _scrapes = scrapes;

        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.RequestHeadersTimeout = RequestPatience;
        options.Limits.KeepAliveTimeout = IdlePatience;
        options.Limits.MinResponseDataRate = LeastReading;
        options.Listen(endPoint, listening =>
        {
            listening.Protocols = HttpProtocols.Http1;
            listening.Use(next => connection => _connections.HoldAsync(connection, next));
            _listening = listening;
        });

        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        _server = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
    }

    /// <summary>Asked for /healthz: what makes the process one to be ended; null: nothing does.</summary>
    public Func<string?>? LivenessFault { get; init; }

    /// <summary>Asked for /readyz: what is not ready; null: everything is.</summary>
    public Func<string?>? ReadinessFault { get; init; }

    /// <summary>Answers GET of other paths; null of it: this one is nobody's.</summary>
    public Func<HttpContext, Task?>? Others { get; init; }

    /// <summary>Where we listen once started, with the true port.</summary>
    public IPEndPoint BoundEndPoint => _listening?.IPEndPoint ?? _endPoint;

    /// <exception cref="EndpointUnavailableException">The address is in use, not this machine's, or forbidden.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _server.StartAsync(new Application(Handle), cancellation).ConfigureAwait(false);
        }
        catch (Exception cause) when (cause is IOException or SocketException)
        {
            throw new EndpointUnavailableException(_endPoint, cause);
        }
    }

    /// <summary>Lets running scrapes end, for two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _server.StopAsync(patience.Token).ConfigureAwait(false);
        _server.Dispose();
    }

    private Task Handle(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);

        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.Headers.Allow = "GET, HEAD";
            return Answer(StatusCodes.Status405MethodNotAllowed, "only GET and HEAD\n");
        }

        return request.Path.Value switch
        {
            "/metrics" => _scrapes.HandleAsync(context),
            "/healthz" => AnswerProbe(LivenessFault),
            "/readyz" => AnswerProbe(ReadinessFault),
            "/" => Answer(StatusCodes.Status200OK, FrontPage, "text/html"),
            _ => Others?.Invoke(context) ?? Answer(StatusCodes.Status404NotFound, "not found; try /metrics\n"),
        };

        Task AnswerProbe(Func<string?>? faultOf) => faultOf?.Invoke() is { } fault
            ? Answer(StatusCodes.Status503ServiceUnavailable, fault + "\n")
            : Answer(StatusCodes.Status200OK, "ok\n");

        Task Answer(int status, string text, string type = "text/plain")
        {
            response.StatusCode = status;
            response.ContentType = type;
            return response.WriteAsync(text, context.RequestAborted);
        }
    }

    private sealed class Application(RequestDelegate handle) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public async Task ProcessRequestAsync(HttpContext context)
        {
            ConnectionLimiter.Mark(context.Features, isBusy: true);
            try
            {
                await handle(context).ConfigureAwait(false);
            }
            finally
            {
                ConnectionLimiter.Mark(context.Features, isBusy: false);
            }
        }

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
