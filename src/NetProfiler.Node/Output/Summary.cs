using NetProfiler.Analysis.Connections;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Output;

/// <summary>The last word of a run: what was seen, and every loss counter that is not zero; or that none is.</summary>
internal static class Summary
{
    public static async Task WriteAsync(TextWriter writer, Snapshot end, TimeSpan elapsed, IReadOnlyList<ISampleExporter> exporters)
    {
        await writer.WriteLineAsync($"netprofiler: {end.Exchanges} exchanges in {elapsed.TotalSeconds:F1} s").ConfigureAwait(false);
        foreach (var row in end.Rows)
        {
            string role = row.Role == EndpointRole.Server ? "server" : "client";
            await writer.WriteLineAsync(
                $"  {row.Process} ({role}): {row.Latency.Count} exchanges, {row.StatusClasses[4]} 4xx, {row.StatusClasses[5]} 5xx, " +
                $"p50 {DurationFormat.Of(row.Latency.Quantile(0.5))}, p99 {DurationFormat.Of(row.Latency.Quantile(0.99))}, " +
                $"longest {DurationFormat.Of(row.Latency.MaxNanoseconds)}").ConfigureAwait(false);
        }

        foreach (var exporter in exporters)
        {
            var counts = exporter.Counts;
            string failure = counts.Sent < counts.Offered && exporter.LastFailure is { } last ? $"; last failure: {last}" : "";
            await writer.WriteLineAsync(
                $"  {exporter.Name}: {counts.Sent} of {counts.Offered} samples sent, {counts.Retried} retried, {counts.Dropped} dropped{failure}").ConfigureAwait(false);
        }

        var losses = end.Losses.Where(loss => loss.Count > 0).ToList();
        if (losses.Count == 0) await writer.WriteLineAsync("  nothing lost, nothing unpaired").ConfigureAwait(false);
        foreach (var (reason, count) in losses) await writer.WriteLineAsync($"  {reason}: {count}").ConfigureAwait(false);
    }
}
