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
/// Serves /metrics and the health of the process. Uses Kestrel without the web host around it: no configuration, no environment variables,
/// no console, and less memory.
/// </summary>
public sealed class MetricsEndpoint : IAsyncDisposable
{
    /// <summary>Time limit for a request's head.</summary>
    private static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan IdlePatience = TimeSpan.FromSeconds(10);

    /// <summary>The connection of a slower reader is aborted.</summary>
    private static readonly MinDataRate LeastReading = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));

    private const string FrontPage = "<!doctype html><title>Netprofiler</title><a href=\"/metrics\">metrics</a>\n";

    private readonly IPEndPoint _endPoint;
    private readonly ScrapeHandler _scrapes;
    private readonly ConnectionLimiter _connections = new();
    private readonly KestrelServer _server;
    private ListenOptions? _listening;

    /// <param name="endPoint">Port 0 is any free port; see <see cref="BoundEndPoint"/>.</param>
    /// <param name="collect">Returns metric families. Called once per scrape, on a thread-pool thread, before <paramref name="registry"/>
    /// is read; a collection that fails or is slow is answered with 503.</param>
    /// <param name="registry">The plain counters of the process. Null if there are none. Its families must have other names than those of
    /// <paramref name="collect"/>.</param>
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

    /// <summary>The answer to /healthz: why the process should be restarted. Null if it is healthy.</summary>
    public Func<string?>? LivenessFault { get; init; }

    /// <summary>The answer to /readyz: what is not ready. Null if the process is ready.</summary>
    public Func<string?>? ReadinessFault { get; init; }

    /// <summary>Answers GET requests for other paths. Returns null for an unknown path.</summary>
    public Func<HttpContext, Task?>? Others { get; init; }

    /// <summary>The address after the start, with the actual port.</summary>
    public IPEndPoint BoundEndPoint => _listening?.IPEndPoint ?? _endPoint;

    /// <exception cref="EndpointUnavailableException">The address is in use, does not belong to this machine, or is not
    /// permitted.</exception>
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

    /// <summary>Gives running scrapes two seconds to end.</summary>
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
