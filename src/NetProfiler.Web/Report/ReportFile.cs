using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetProfiler.Web.Api;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Results;
using NetProfiler.Web.Server;

namespace NetProfiler.Web.Report;

/// <summary>This build does not contain the page for a report.</summary>
public sealed class PageMissingException() : Exception("this build of netprofiler has no page, since npm was not there when it was built");

/// <summary>
/// Writes one HTML file with the page and all its data. It does not need a server or a network, and can be shared, because everything in it
/// is masked.
/// </summary>
public static class ReportFile
{
    /// <summary>Maximum number of rows of exchanges in a file, the latest; the file contains the number of omitted rows.</summary>
    public const int MaxRows = RequestTable.MaxRows;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="PageMissingException">This build does not contain the page.</exception>
    public static void ThrowIfNoPage()
    {
        if (PageFiles.All.Count == 0) throw new PageMissingException();
    }

    /// <exception cref="PageMissingException">This build does not contain the page.</exception>
    public static async Task WriteAsync(Stream output, IResultsSource source, CancellationToken cancellation)
    {
        if (PageFiles.Text("app.js") is not { } script || PageFiles.Text("app.css") is not { } style) throw new PageMissingException();
        // "</script" ends a script anywhere; within a JavaScript string, it can be escaped like this.
        script = script.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase);
        string data = Convert.ToBase64String(await CompressedAsync(source, cancellation).ConfigureAwait(false));
        string policy = $"default-src 'none'; script-src 'sha256-{Digest(script)}'; style-src 'sha256-{Digest(style)}'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'";
        await using var writer = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
        await writer.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Netprofiler report</title>
            <style>{style}</style>
            </head>
            <body>
            <div id="app"></div>
            <script type="application/octet-stream" id="report">{data}</script>
            <script>{script}</script>
            </body>
            </html>

            """.AsMemory(), cancellation).ConfigureAwait(false);
    }

    // The responses to a browser, by path.
    private static async Task<byte[]> CompressedAsync(IResultsSource source, CancellationToken cancellation)
    {
        var content = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(content, Options))
        {
            json.WriteStartObject();
            json.WritePropertyName("/api/v1/source"u8);
            ResultsJson.WriteSource(json, source.Info);
            json.WritePropertyName("/api/v1/tasks"u8);
            await ResultsJson.WriteTasksAsync(json, source, cancellation).ConfigureAwait(false);
            foreach (var task in source.Tasks) await WriteTaskAsync(json, task, cancellation).ConfigureAwait(false);
            json.WriteEndObject();
        }

        var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal)) await gzip.WriteAsync(content.WrittenMemory,
            cancellation).ConfigureAwait(false);
        return compressed.ToArray();
    }

    private static async Task WriteTaskAsync(Utf8JsonWriter json, ITaskResults task, CancellationToken cancellation)
    {
        string path = $"/api/v1/tasks/{Uri.EscapeDataString(task.Namespace)}/{Uri.EscapeDataString(task.Name)}";
        json.WritePropertyName(path);
        await ResultsJson.WriteTaskAsync(json, task, cancellation).ConfigureAwait(false);
        json.WritePropertyName($"{path}/series");
        task.Requests.ReadSlots(slots =>
        {
            ResultsJson.WriteSeries(json, slots);
            return true;
        });
        json.WritePropertyName($"{path}/edges");
        ResultsJson.WriteCalls(json, await task.CallsAsync(ResultsJson.MaxCalls, cancellation).ConfigureAwait(false));
        json.WritePropertyName($"{path}/tcp");
        ResultsJson.WriteTcp(json, await task.TcpAsync(cancellation).ConfigureAwait(false));
        json.WritePropertyName($"{path}/requests");
        RequestColumns.Write(json, task.Requests, RequestFilter.Everything, 0);

        // Rows without a sample have no content, so they contain everything that is known.
        var sampled = new List<RequestRow>();
        task.Requests.Read(0, (in RequestRow row) =>
        {
            if (row.Sample != 0) sampled.Add(row);
        });
        foreach (var row in sampled)
        {
            if (task.Requests.Samples.Find(row.Sample) is null) continue;
            json.WritePropertyName($"{path}/requests/{row.Id}");
            RequestDetail.Write(json, task.Requests, row);
        }
    }

    private static string Digest(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
