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

/// <summary>Serves the page and its API on a random port of the loopback address, to whoever has the <see cref="Link"/>.</summary>
public sealed class UiServer : IAsyncDisposable
{
    private const int MaxConnections = 64;
    private const int MaxBodyBytes = 16 * 1024;

    /// <summary>
    /// Nothing but its own scripts, styles and data; text never becomes markup. uPlot and Preact set styles through the object model, which
    /// this allows.
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
            // Not the current directory: its files are not our configuration, and watching it would enumerate everything below it.
            ContentRootPath = AppContext.BaseDirectory,
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        });
        builder.Configuration.Sources.Clear(); // no file or variable changes where it listens
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

    /// <summary>For the person who started this process. It works once. After the start.</summary>
    public string Link => _access!.Link;

    /// <summary>Reports of browsers that the page broke its content security policy: a fault of the page.</summary>
    public long PolicyViolations => Interlocked.Read(ref _violations);

    public async Task StartAsync(CancellationToken cancellation)
    {
        await _application.StartAsync(cancellation).ConfigureAwait(false);
        string address = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _access = new PageAccess(new Uri(address).Port);
    }

    /// <summary>Lets answers under way end, for two seconds.</summary>
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
            response.Redirect("/"); // the secret does not stay in the address
            return Task.CompletedTask;
        }

        if (!PageFiles.All.TryGetValue(name, out var file))
        {
            response.ContentType = "text/plain; charset=utf-8";
            return response.WriteAsync(PageFiles.Missing, context.RequestAborted);
        }

        response.ContentType = file.ContentType;
        response.Headers.ContentEncoding = "gzip"; // every browser takes it
        return response.Body.WriteAsync(file.Compressed, context.RequestAborted).AsTask();
    }

    // Signals end the process elsewhere.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
