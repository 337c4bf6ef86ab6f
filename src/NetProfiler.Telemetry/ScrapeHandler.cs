using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Prometheus;

namespace NetProfiler.Telemetry;

/// <summary>
/// Answers one scrape with the collected families followed by the registry's, as one exposition. Limited in time and in concurrency. The
/// text of the families is not held in memory; that of the registry, which does not contain families of traffic, is small.
/// </summary>
internal sealed class ScrapeHandler(Func<CancellationToken, ValueTask<IReadOnlyList<MetricFamily>>> collect, CollectorRegistry registry)
{
    public const int MaxConcurrentScrapes = 4;
    private const int MaxUnflushedBytes = 64 * 1024;

    private readonly ScrapePlaces _places = new(MaxConcurrentScrapes, TimeProvider.System);

    public TimeSpan MaxCollectTime { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan MaxSendTime { get; init; } = TimeSpan.FromSeconds(30);

    public async Task HandleAsync(HttpContext context)
    {
        if (_places.TryTake() is not { } place)
        {
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, $"{MaxConcurrentScrapes} scrapes are already running").ConfigureAwait(false);
            return;
        }

        using var patience = new CancellationTokenSource(MaxCollectTime);
        var format = ExpositionNegotiation.Choose(context.Request.Headers.Accept);
        var collecting = CollectAsync(format, patience.Token);

        try
        {
            var collected = await collecting.WaitAsync(patience.Token).ConfigureAwait(false);
            await SendAsync(context, format, collected, place).ConfigureAwait(false);
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
            // A collection that exceeds its time keeps its place until it ends, which limits the number of hung collections.
            _ = collecting.ContinueWith(
                _ => place.Dispose(),
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>On another thread than the answer, so that a blocked collection cannot delay the answer.</summary>
    private Task<Collected> CollectAsync(ExpositionFormat format, CancellationToken cancellation) => Task.Run(
        async () =>
        {
            // First, because it may update counters of the registry.
            var families = await collect(cancellation).ConfigureAwait(false);
            var counted = new MemoryStream();
            await registry.CollectAndExportAsTextAsync(counted, format.InRegistry(), cancellation).ConfigureAwait(false);
            return new Collected(families, counted.GetBuffer().AsMemory(0, (int)counted.Length));
        },
        CancellationToken.None);

    private async Task SendAsync(HttpContext context, ExpositionFormat format, Collected collected, ScrapePlaces.Place place)
    {
        var (request, response) = (context.Request, context.Response);

        response.ContentType = format.ContentType();
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = "Accept, Accept-Encoding";

        var body = response.Body;
        if (ExpositionNegotiation.AcceptsGzip(request.Headers.AcceptEncoding))
        {
            response.Headers.ContentEncoding = "gzip";
            body = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, place.GivesWay);
        patience.CancelAfter(MaxSendTime);

        try
        {
            await WriteAsync(collected, format, PipeWriter.Create(body, new(leaveOpen: true)), place, patience.Token).ConfigureAwait(false);
            // Not on failure: a truncated response must not have a trailer.
            if (body is GZipStream) await body.DisposeAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    private static async Task WriteAsync(Collected collected, ExpositionFormat format, PipeWriter output, ScrapePlaces.Place place,
        CancellationToken cancellation)
    {
        ExpositionWriter.AssertUnique(collected.Families);
        var writer = new ExpositionWriter(format, output);

        foreach (var family in collected.Families)
        {
            writer.WriteMetadata(family);
            foreach (var series in family.Series)
            {
                writer.WriteSeries(family, series);
                if (output.UnflushedBytes < MaxUnflushedBytes) continue;
                place.WaitsForReader = true;
                await output.FlushAsync(cancellation).ConfigureAwait(false);
                place.WaitsForReader = false;
            }
        }

        // Includes the end mark of the exposition.
        place.WaitsForReader = true;
        await output.WriteAsync(collected.Counted, cancellation).ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext context, string reason)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason.ReplaceLineEndings(" ") + "\n", context.RequestAborted);
    }

    /// <param name="Counted">The text of the registry.</param>
    private readonly record struct Collected(IReadOnlyList<MetricFamily> Families, ReadOnlyMemory<byte> Counted);
}
