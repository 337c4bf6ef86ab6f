using System.Net;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Output;
using NetProfiler.Web.Results;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace NetProfiler.Node.Report;

/// <summary>The live view on a terminal: rates, status classes, quantiles, slow and failed exchanges, losses.</summary>
internal sealed class LiveTable(IPEndPoint? metrics, Redactor redactor, Func<string>? progress, Notices notices)
{
    private const int ListRows = 5;
    private const int TargetWidth = 60;
    private const int NoticeWidth = 300;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string, EndpointRole), long> _previous = [];
    private long _previousNanoseconds;

    public async Task ShowAsync(Func<Task<Snapshot>> snapshot, CancellationToken cancellation)
    {
        await Terminal.Create().Live(new Text("")).AutoClear(false).StartAsync(async context =>
        {
            while (!cancellation.IsCancellationRequested)
            {
                context.UpdateTarget(Render(await snapshot().ConfigureAwait(false)));
                context.Refresh();
                await Task.Delay(Period, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            context.UpdateTarget(Render(await snapshot().ConfigureAwait(false)));
            context.Refresh();
        }).ConfigureAwait(false);
    }

    private Rows Render(Snapshot now)
    {
        double seconds = (now.TimeNanoseconds - _previousNanoseconds) / 1e9;
        bool isFirst = _previousNanoseconds == 0;
        _previousNanoseconds = now.TimeNanoseconds;

        var traffic = new Table().Border(TableBorder.Rounded).AddColumns("process", "role");
        foreach (string name in new[] { "req/s", "in flight", "total", "2xx", "3xx", "4xx", "5xx", "p50", "p90", "p99", "longest" })
            traffic.AddColumn(new TableColumn(name).RightAligned());
        foreach (var row in now.Rows)
        {
            var key = (row.Process, row.Role);
            long before = _previous.GetValueOrDefault(key);
            _previous[key] = row.Latency.Count;
            string rate = isFirst ? "" : $"{(row.Latency.Count - before) / seconds:F0}";
            traffic.AddRow(
                Markup.Escape(row.Process), row.Role == EndpointRole.Server ? "server" : "client", rate, $"{row.InFlight}",
                $"{row.Latency.Count}",
                $"{row.StatusClasses[2]}", $"{row.StatusClasses[3]}", Colored(row.StatusClasses[4], "yellow"),
                Colored(row.StatusClasses[5], "red"),
                Quantile(row, 0.5), Quantile(row, 0.9), Quantile(row, 0.99),
                row.Latency.Count == 0 ? "" : DurationFormat.Of(row.Latency.MaxNanoseconds));
        }

        if (now.Rows.Length == 0) traffic.AddRow("[grey]no exchange yet[/]");

        List<IRenderable> parts = [traffic];
        if (now.Slowest.Length > 0) parts.Add(List("slowest", now.Slowest));
        if (now.Failed.Length > 0) parts.Add(List("latest failed", now.Failed));
        parts.Add(new Markup(Footer(now)));
        parts.AddRange(notices.Latest.Select(notice => new Markup($"[yellow]{Markup.Escape(Printable(notice, NoticeWidth))}[/]")));
        return new Rows(parts);
    }

    private Table List(string title, TopEntry[] entries)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "", "", "");
        foreach (var entry in entries.Take(ListRows))
            table.AddRow($"[grey]{title}[/]", DurationFormat.Of(entry.DurationNanoseconds), StatusMarkup(entry),
                Markup.Escape(entry.Process), Markup.Escape(Printable($"{entry.Method} {redactor.Target(entry.Target)}")));
        return table;
    }

    private string Footer(Snapshot now)
    {
        var losses = now.Losses.Where(loss => loss.Count > 0 && loss.Kind != LossKind.Excluded)
            .Select(loss => Markup.Escape($"{loss.Reason}: {loss.Count}")).ToList();
        string lost = losses.Count == 0 ? now.Exchanges == 0 ? "[grey]nothing seen yet[/]" : "[green]nothing lost, nothing unpaired[/]"
            : $"[yellow]{string.Join("; ", losses)}[/]";
        foreach (var one in now.Losses.Where(loss => loss is { Kind: LossKind.Excluded, Count: > 0 }))
            lost += Markup.Escape($"; {one.Reason}: {one.Count}");
        string where = metrics is null ? "" : $"; metrics on http://{metrics}/metrics";
        string done = progress is null ? "" : $"{Markup.Escape(progress())}; ";
        return $"{done}{now.Connections} connections; {lost}{where}";
    }

    // Empty until an exchange is complete.
    private static string Quantile(TrafficOverview.Row row, double quantile) =>
        row.Latency.Count == 0 ? "" : DurationFormat.Of(row.Latency.Quantile(quantile));

    private static string Colored(long count, string color) => count == 0 ? "0" : $"[{color}]{count}[/]";

    // The status that was sent, and which side ended the connection before the response was complete.
    private static string StatusMarkup(TopEntry entry) => (entry.Status, entry.EndedBy) switch
    {
        (0, var endedBy) => $"[red]{ShownSample.NameOf(endedBy)}[/]",
        (var status, not EndedBy.None) => $"{status} [red]{ShownSample.NameOf(entry.EndedBy)}[/]",
        ( >= 500, _) => $"[red]{entry.Status}[/]",
        ( >= 400, _) => $"[yellow]{entry.Status}[/]",
        _ => $"{entry.Status}",
    };

    // Captured bytes must not contain control sequences for the terminal.
    private static string Printable(string text, int width = TargetWidth)
    {
        string clean = string.Concat(text.Select(c => char.IsControl(c) ? '·' : c));
        return clean.Length <= width ? clean : clean[..(width - 1)] + "…";
    }
}
