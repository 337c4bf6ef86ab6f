using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetProfiler.Web.Api;
using NetProfiler.Web.Results;

namespace NetProfiler.Web.Server;

/// <summary>
/// Serves the page and its API on a random port of the loopback address, to the browser that opened the <see cref="Link"/>.
/// </summary>
public sealed class UiServer : IAsyncDisposable
{
    private const int MaxConnections = 64;
    private const int MaxBodyBytes = 16 * 1024;

    /// <summary>
    /// Permits only the page's own scripts, styles and data; text never becomes markup. uPlot and Preact set styles through the object
    /// model, which this permits.
    /// </summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action "
            + "'none'; " +
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; report-uri /csp-report";

    private readonly WebApplication _application;
    private PageAccess? _access;
    private long _violations;

    public UiServer(IResultsSource source)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            // Not the current directory: its files are not configuration, and watching it for changes would enumerate everything below it.
            ContentRootPath = AppContext.BaseDirectory,
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        });
        builder.Configuration.Sources.Clear(); // no file or variable can change the listen address
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxConcurrentConnections = MaxConnections;
            options.Limits.MaxRequestBodySize = MaxBodyBytes;
            options.Listen(IPAddress.Loopback, 0, listening => listening.Protocols = HttpProtocols.Http1);
        });
        _application = builder.Build();
        _application.Use(GuardAsync);
        _application.MapPost("/csp-report", CountViolationAsync);
        _application.MapGet("/", context => SendPageAsync(context, "index.html"));
        foreach (string name in new[] { "app.js", "app.css" }) _application.MapGet($"/{name}", context => SendPageAsync(context, name));
        new ApiRoutes(source).MapTo(_application);
    }

    /// <summary>The link for the user who started this process. It works once. Valid after the start.</summary>
    public string Link => _access!.Link;

    /// <summary>Number of reports from browsers that the page violated its content security policy, which is a bug of the page.</summary>
    public long PolicyViolations => Interlocked.Read(ref _violations);

    public async Task StartAsync(CancellationToken cancellation)
    {
        await _application.StartAsync(cancellation).ConfigureAwait(false);
        string address = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _access = new PageAccess(new Uri(address).Port);
    }

    /// <summary>Gives responses in progress two seconds to end.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _application.StopAsync(patience.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        if (_access!.Refuse(context) is not var (status, why)) return next(context);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"{why}\n", context.RequestAborted);
    }

    private Task CountViolationAsync(HttpContext context)
    {
        Interlocked.Increment(ref _violations);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task SendPageAsync(HttpContext context, string name)
    {
        var response = context.Response;
        if (context.Request.Query.ContainsKey("key"))
        {
            response.Redirect("/"); // removes the secret from the address bar
            return Task.CompletedTask;
        }

        if (!PageFiles.All.TryGetValue(name, out var file))
        {
            response.ContentType = "text/plain; charset=utf-8";
            return response.WriteAsync(PageFiles.Missing, context.RequestAborted);
        }

        response.ContentType = file.ContentType;
        response.Headers.ContentEncoding = "gzip"; // every browser supports it
        return response.Body.WriteAsync(file.Compressed, context.RequestAborted).AsTask();
    }

    // Signals are handled elsewhere.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
