using System.Diagnostics;
using NetProfiler.Web.Report;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Results;
using NetProfiler.Web.Tests.Support;

namespace NetProfiler.Web.Tests;

/// <summary>
/// The page in a real browser (browser/). Each test fails, too, for anything that the page reports on its console, or that its policy
/// forbade.
/// </summary>
public sealed class BrowserTests
{
    private static readonly string[] Needed = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

    [SkippableFact]
    public async Task The_filter_is_the_servers() => await RunAsync("filters", "");

    [SkippableTheory]
    [InlineData("light")]
    [InlineData("dark")]
    public async Task A_source_without_tasks_says_so(string scheme) =>
        await ShowAsync(new StubResults { HasTask = false }, "state", scheme, "There is no task.");

    [SkippableTheory]
    [InlineData("light")]
    [InlineData("dark")]
    public async Task A_task_without_exchanges_says_why(string scheme)
    {
        var results = new StubResults();
        results.State = results.State with
        {
            Why = "no target: no process is named ngnix",
            Exactness = Exactness.Of(0, [new Loss("connections left alone, TLS", 3, LossKind.LeftAlone)]),
        };
        await ShowAsync(results, "state", scheme, "No exchange was seen: no target: no process is named ngnix.",
            "connections left alone, TLS: 3", "– nothing seen yet");
    }

    [SkippableFact]
    public async Task A_task_that_waits_says_so() => await ShowAsync(new StubResults(), "state", "light", "No exchange was seen yet.");

    [SkippableTheory]
    [InlineData("light", 1400)]
    [InlineData("dark", 1400)]
    [InlineData("light", 700)] // what a zoom of 200 % leaves
    public async Task Every_view_is_accessible(string scheme, int width) =>
        await ShowAsync(StubResults.WithOneExchange(), "views", scheme, $"{width}");

    [SkippableFact]
    public async Task A_slow_request_is_found_by_keyboard_alone() => await ShowAsync(StubResults.WithOneExchange(), "keyboard");

    [SkippableFact]
    public async Task The_numbers_and_the_badge_are_the_counters()
    {
        var results = StubResults.WithOneExchange();
        for (int i = 0; i < 1500; i++) results.Add(StubResults.Server(target: $"/cart/{i}", status: i % 10 == 0 ? 404 : 200));
        results.State = results.State with
        {
            Totals = [new ProcessTotals("shop", "server", 1501, 150, 1, 1000, 2000, 3000, 4000, 0),
                new ProcessTotals("web", "client", 1, 0, 1, 1, 1, 1, 1, 0)],
            Exactness = Exactness.Of(1502, [new Loss("events lost, ring full", 12, LossKind.Lost),
                new Loss("lines dropped, output too slow", 5, LossKind.Output)]),
        };
        await ShowAsync(results, "numbers", "1,502", "150", "2", "△ events lost, ring full: 12", "status=404", "150 of 1,502");
    }

    [SkippableFact]
    public async Task Captured_bytes_stay_text()
    {
        const string Markup = "<script>globalThis.pwned=1</script><img src=x onerror=\"globalThis.pwned=1\">";
        var results = new StubResults { Name = "a<b>&'\"" };
        string[] texts = [Markup, "/\u202Egnp.exe\u2066", "/\u001b[31mred\u0007", $"/{new string('a', 65_000)}",
            "/a?b=<svg/onload=alert(1)>", "javascript:alert(1)"];
        ulong id = 0;
        foreach (string text in texts)
        {
            var sample = StubResults.Sample(
                $"GET /x HTTP/1.1\r\nHost: {Markup}\r\nX-Text: {text}\r\nContent-Type: text/html\r\nContent-Length: "
                    + $"65000\r\n\r\n{text.PadRight(65_000, 'x')}", id: ++id);
            results.Requests.Samples.Add(sample);
            results.Add(StubResults.Server(method: "GET", target: text, status: 500)
                with { Sample = id, Process = Markup, Peer = text, Host = text, Rule = Markup });
        }

        var party = new Analysis.Peers.Party(Analysis.Peers.PartyKind.Process, null, Markup);
        results.Calls = [new(party, party with { Name = texts[1] }, new(Analysis.Events.EndpointRole.Client, party, party), null)];
        results.Tcp = [new TcpPair(Markup, texts[2], "server") { Drops = new Dictionary<string, long> { [Markup] = 1 } }];
        results.State = results.State with { Totals = [new ProcessTotals(Markup, "server", 6, 0, 6, 1, 1, 1, 1, 0)],
            Exactness = Exactness.Of(6, []), Why = Markup };
        await ShowAsync(results, "hostile");
    }

    [SkippableFact]
    public async Task A_hundred_thousand_rows_load_and_scroll()
    {
        var results = new StubResults();
        for (int i = 0; i < RequestTable.MaxRows; i++)
        {
            results.Add(StubResults.Server(target: $"/cart/{i % 5000}", status: i % 50 == 0 ? 500 : 200) with
            {
                StartNanoseconds = StubResults.Start + (i * 1_000_000L), DurationNanoseconds = 1_000_000 + (i * 7919L % 300_000_000),
            });
        }

        results.State = results.State with { Totals = [new ProcessTotals("shop", "server", RequestTable.MaxRows, 0, 2000, 1, 1, 1, 1, 0)],
            Exactness = Exactness.Of(RequestTable.MaxRows, []) };
        // Wide bounds: other tests run at the same time. docs/page.md has the figures of a machine at rest.
        await ShowAsync(results, "load", "20", "60");
    }

    [SkippableFact]
    public async Task A_report_needs_no_server()
    {
        SkipIfMissing();
        string path = Path.Combine(Path.GetTempPath(), $"netprofiler-{Guid.NewGuid():N}.html");
        try
        {
            await using (var file = File.Create(path)) await ReportFile.WriteAsync(file, StubResults.WithOneExchange(), default);
            Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(path), StringComparison.Ordinal);
            await RunAsync("report", $"file://{path}");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task ShowAsync(StubResults results, string test, params string[] arguments)
    {
        SkipIfMissing();
        await using var viewer = await Viewer.StrangerAsync(results);
        await RunAsync(test, [viewer.Server.Link, .. arguments]);
        Assert.Equal(0, viewer.Server.PolicyViolations);
    }

    private static async Task RunAsync(string test, params string[] arguments)
    {
        SkipIfMissing();
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[Path.Combine(Golden.Folder, "browser", $"{test}.mjs"), .. arguments])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        Assert.True(process.HasExited && process.ExitCode == 0, $"{test}: {await output}{await errors}");
        if (await output is { Length: > 0 } said) Console.WriteLine($"{test}: {said}");
    }

    private static void SkipIfMissing()
    {
        string? missing = Missing();
        Skip.If(missing is not null, missing);
    }

    private static string? Missing()
    {
        if (Web.Server.PageFiles.All.Count == 0) return "this build has no page: npm was missing (scripts/setup)";
        if (!Needed.Any(File.Exists)) return "chromium is missing (scripts/setup test)";
        return Directory.Exists(Path.Combine(Golden.Folder, "../../web/node_modules/playwright-core")) ? null
            : "playwright-core is missing: scripts/page installs it";
    }
}
