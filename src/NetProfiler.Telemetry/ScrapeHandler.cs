using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace NetProfiler.Telemetry;

/// <summary>Answers one scrape: within its times, a few at once, without holding the whole text in memory.</summary>
internal sealed class ScrapeHandler(Func<CancellationToken, ValueTask<IReadOnlyList<MetricFamily>>> collect)
{
    public const int MaxConcurrentScrapes = 4;
    private const int MaxUnflushedBytes = 64 * 1024;

    private int _running;

    public TimeSpan MaxCollectTime { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan MaxSendTime { get; init; } = TimeSpan.FromSeconds(30);

    public async Task HandleAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _running) > MaxConcurrentScrapes)
        {
            Interlocked.Decrement(ref _running);
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, $"{MaxConcurrentScrapes} scrapes are already running").ConfigureAwait(false);
            return;
        }

        using var patience = new CancellationTokenSource(MaxCollectTime);
        var collecting = CollectAsync(patience.Token);

        try
        {
            var families = await collecting.WaitAsync(patience.Token).ConfigureAwait(false);
            await SendAsync(context, families).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !context.Response.HasStarted)
        {
            await RefuseAsync(context, $"collecting took longer than {MaxCollectTime.TotalSeconds} s").ConfigureAwait(false);
        }
        catch (Exception cause) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, $"collecting failed: {cause.Message}").ConfigureAwait(false);
        }
        finally
        {
            // A collection that outlives its time keeps its place until it ends: those that hang stay few.
            _ = collecting.ContinueWith(
                _ => Interlocked.Decrement(ref _running),
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>On another thread than the answer, which a collection that blocks cannot hold up.</summary>
    private Task<IReadOnlyList<MetricFamily>> CollectAsync(CancellationToken cancellation) =>
        Task.Run(async () => await collect(cancellation).ConfigureAwait(false), CancellationToken.None);

    private async Task SendAsync(HttpContext context, IReadOnlyList<MetricFamily> families)
    {
        var (request, response) = (context.Request, context.Response);
        var format = ExpositionNegotiation.Choose(request.Headers.Accept);

        response.ContentType = format.ContentType();
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = "Accept, Accept-Encoding";

        var body = response.Body;
        if (ExpositionNegotiation.AcceptsGzip(request.Headers.AcceptEncoding))
        {
            response.Headers.ContentEncoding = "gzip";
            body = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(MaxSendTime);

        try
        {
            await WriteAsync(families, format, PipeWriter.Create(body, new(leaveOpen: true)), patience.Token).ConfigureAwait(false);
            // Not on failure: what was cut off gets no trailer.
            if (body is GZipStream) await body.DisposeAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    private static async Task WriteAsync(
        IReadOnlyList<MetricFamily> families, ExpositionFormat format, PipeWriter output, CancellationToken cancellation)
    {
        ExpositionWriter.AssertUnique(families);
        var writer = new ExpositionWriter(format, output);

        foreach (var family in families)
        {
            writer.WriteMetadata(family);
            foreach (var series in family.Series)
            {
                writer.WriteSeries(family, series);
                if (output.UnflushedBytes >= MaxUnflushedBytes) await output.FlushAsync(cancellation).ConfigureAwait(false);
            }
        }

        writer.WriteEnd();
        await output.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext context, string reason)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason.ReplaceLineEndings(" ") + "\n", context.RequestAborted);
    }
}
