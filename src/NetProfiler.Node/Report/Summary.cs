using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Output;
using NetProfiler.Telemetry.Export;
using NetProfiler.Web.Results;

namespace NetProfiler.Node.Report;

/// <summary>
/// The summary at the end of a run: totals, and every loss counter that is not zero; or that nothing was lost; or that nothing was
/// captured.
/// </summary>
internal static class Summary
{
    public static string Of(Snapshot end, TimeSpan elapsed, string? nothingSeen, IReadOnlyList<ISampleExporter> exporters)
    {
        var writer = new StringBuilder();
        writer.Append($"netprofiler: {end.Exchanges} exchanges in {elapsed.TotalSeconds:F1} s");
        foreach (var row in end.Rows.Where(row => row.Latency.Count > 0))
        {
            string role = row.Role == EndpointRole.Server ? "server" : "client";
            writer.Append('\n').Append(
                $"  {row.Process} ({role}): {row.Latency.Count} exchanges, {row.StatusClasses[4]} 4xx, {row.StatusClasses[5]} 5xx, " +
                $"p50 {DurationFormat.Of(row.Latency.Quantile(0.5))}, p99 {DurationFormat.Of(row.Latency.Quantile(0.99))}, " +
                $"longest {DurationFormat.Of(row.Latency.MaxNanoseconds)}");
        }

        foreach (var exporter in exporters)
        {
            var counts = exporter.Counts;
            string failure = counts.Sent < counts.Offered && exporter.LastFailure is { } last ? $"; last failure: {last}" : "";
            writer.Append('\n').Append(
                $"  {exporter.Name}: {counts.Sent} of {counts.Offered} samples sent, {counts.Retried} retried, {counts.Dropped} "
                    + $"dropped{failure}");
        }

        var losses = end.Losses.Where(loss => loss.Count > 0).ToList();
        if (end.Exchanges == 0 && nothingSeen is not null) writer.Append('\n').Append($"  {nothingSeen}");
        else if (losses.TrueForAll(loss => loss.Kind == LossKind.Excluded)) writer.Append('\n').Append("  nothing lost, nothing unpaired");
        foreach (var loss in losses) writer.Append('\n').Append($"  {loss.Reason}: {loss.Count}");
        return writer.ToString();
    }
}
