using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NetProfiler.Telemetry.Export;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Results;

namespace NetProfiler.Web.Api;

/// <summary>The paths of the API below /api/v1, which docs/page.md documents.</summary>
internal sealed class ApiRoutes(IResultsSource source)
{
    private const string TaskPath = "/api/v1/tasks/{ns}/{name}";
    private const int CompressFrom = 4096;
    private static readonly TimeSpan LivePeriod = TimeSpan.FromSeconds(1);
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Maximum number of viewers that receive live updates; more are refused.</summary>
    private const int MaxLive = 16;

    private int _live;

    public void MapTo(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/source", context => SendAsync(context, json => ResultsJson.WriteSource(json, source.Info)));
        routes.MapGet("/api/v1/tasks", context =>
            SendAsync(context, json => ResultsJson.WriteTasksAsync(json, source, context.RequestAborted)));
        MapTask(routes, "", (context, task) => SendAsync(context, json => ResultsJson.WriteTaskAsync(json, task, context.RequestAborted)));
        MapTask(routes, "/series", (context, task) => SendAsync(context, json => task.Requests.ReadSlots(slots =>
        {
            ResultsJson.WriteSeries(json, slots);
            return true;
        })));
        MapTask(routes, "/edges", SendCallsAsync);
        MapTask(routes, "/tcp", SendTcpAsync);
        MapTask(routes, "/requests", SendRequestsAsync);
        MapTask(routes, "/requests/{id}", SendRequestAsync);
        MapTask(routes, "/har", SendArchiveAsync);
        MapTask(routes, "/live", SendLiveAsync);
        routes.MapGet("/api/{**rest}", context =>
            FailAsync(context, StatusCodes.Status404NotFound, "there is no such path; docs/page.md lists them"));
    }

    private void MapTask(IEndpointRouteBuilder routes, string path, Func<HttpContext, ITaskResults, Task> answer) =>
        routes.MapGet(TaskPath + path, context =>
    {
        string? ns = Value(context, "ns"), name = Value(context, "name");
        var task = source.Tasks.FirstOrDefault(one => one.Namespace == ns && one.Name == name);
        return task is null ? FailAsync(context, StatusCodes.Status404NotFound, $"there is no task {ns}/{name}") : answer(context, task);
    });

    private static async Task SendCallsAsync(HttpContext context, ITaskResults task)
    {
        var calls = await task.CallsAsync(ResultsJson.MaxCalls, context.RequestAborted).ConfigureAwait(false);
        await SendAsync(context, json => ResultsJson.WriteCalls(json, calls)).ConfigureAwait(false);
    }

    private static async Task SendTcpAsync(HttpContext context, ITaskResults task)
    {
        var pairs = await task.TcpAsync(context.RequestAborted).ConfigureAwait(false);
        await SendAsync(context, json => ResultsJson.WriteTcp(json, pairs)).ConfigureAwait(false);
    }

    private static Task SendRequestsAsync(HttpContext context, ITaskResults task)
    {
        if (!TryReadFilter(context, out var filter, out var refusal)) return refusal!;
        string after = context.Request.Query["after"].ToString();
        long from = 0;
        if (after.Length > 0 && !long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out from))
            return FailAsync(context, StatusCodes.Status400BadRequest,
                $"after={after}: write the number that the answer before called next");
        return SendAsync(context, json => RequestColumns.Write(json, task.Requests, filter!, from));
    }

    private static Task SendRequestAsync(HttpContext context, ITaskResults task)
    {
        bool isNumber = long.TryParse(Value(context, "id"), NumberStyles.None, CultureInfo.InvariantCulture, out long id);
        if (!isNumber || task.Requests.Find(id) is not { } row)
            return FailAsync(context, StatusCodes.Status404NotFound,
                $"there is no request {Value(context, "id")}, or it was dropped for newer ones");
        return SendAsync(context, json => RequestDetail.Write(json, task.Requests, row));
    }

    private async Task SendArchiveAsync(HttpContext context, ITaskResults task)
    {
        if (!TryReadFilter(context, out var filter, out var refusal))
        {
            await refusal!.ConfigureAwait(false);
            return;
        }

        var samples = new List<ulong>();
        task.Requests.Read(0, (in RequestRow row) =>
        {
            if (row.Sample != 0 && filter!.Matches(row)) samples.Add(row.Sample);
        });
        context.Response.ContentType = "application/json";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"netprofiler.har\"";
        using var content = new MemoryStream();
        await using (var archive = new HarWriter(content, source.Info.Version))
        {
            foreach (ulong id in samples)
            {
                if (task.Requests.Samples.Find(id) is { } sample)
                    await archive.WriteAsync(sample, context.RequestAborted).ConfigureAwait(false);
            }
        }

        await context.Response.Body.WriteAsync(content.GetBuffer().AsMemory(0, (int)content.Length), context.RequestAborted)
            .ConfigureAwait(false);
    }

    // Server-sent events: the state of the task once a second, while the viewer is connected.
    private async Task SendLiveAsync(HttpContext context, ITaskResults task)
    {
        if (Interlocked.Increment(ref _live) > MaxLive)
        {
            Interlocked.Decrement(ref _live);
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, $"{MaxLive} viewers are told already").ConfigureAwait(false);
            return;
        }

        try
        {
            context.Response.ContentType = "text/event-stream";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                var state = new ArrayBufferWriter<byte>();
                await using (var json = new Utf8JsonWriter(state, Options)) await ResultsJson.WriteTaskAsync(json, task,
                    context.RequestAborted).ConfigureAwait(false);
                await context.Response.WriteAsync($"data: {Encoding.UTF8.GetString(state.WrittenSpan)}\n\n", context.RequestAborted)
                    .ConfigureAwait(false);
                await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                await Task.Delay(LivePeriod, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (OperationCanceledException)
        {
            // the viewer disconnected
        }
        finally
        {
            Interlocked.Decrement(ref _live);
        }
    }

    private static bool TryReadFilter(HttpContext context, out RequestFilter? filter, out Task? refusal)
    {
        bool isValid = RequestFilter.TryParse(context.Request.Query["filter"].ToString(), out filter, out string? error);
        refusal = isValid ? null : FailAsync(context, StatusCodes.Status400BadRequest, error!);
        return isValid;
    }

    private static string? Value(HttpContext context, string name) => context.Request.RouteValues[name] as string;

    private static Task SendAsync(HttpContext context, Action<Utf8JsonWriter> write) => SendAsync(context, json =>
    {
        write(json);
        return Task.CompletedTask;
    });

    private static async Task SendAsync(HttpContext context, Func<Utf8JsonWriter, Task> write)
    {
        var content = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(content, Options)) await write(json).ConfigureAwait(false);
        var response = context.Response;
        response.ContentType = "application/json";
        bool isCompressed = content.WrittenCount >= CompressFrom
            && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal);
        if (!isCompressed)
        {
            await response.Body.WriteAsync(content.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        response.Headers.ContentEncoding = "gzip";
        await using var compressed = new GZipStream(response.Body, CompressionLevel.Fastest);
        await compressed.WriteAsync(content.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task FailAsync(HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        return SendAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("error"u8, error);
            json.WriteEndObject();
        });
    }
}
