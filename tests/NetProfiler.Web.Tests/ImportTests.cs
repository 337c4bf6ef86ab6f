using System.Text;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Telemetry.Export;
using NetProfiler.Web.Import;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Results;
using NetProfiler.Web.Tests.Support;

namespace NetProfiler.Web.Tests;

/// <summary>Results that were written before: our own, a browser's, and what is neither.</summary>
public sealed class ImportTests
{
    private static readonly Redactor Redactor = new(new RedactionPolicy(SecretNames.Default, new Masker("a key of the tests"u8)));

    [Fact]
    public async Task An_archive_that_we_wrote_shows_what_was_in_it()
    {
        var archive = new MemoryStream();
        await using (var writer = new HarWriter(archive, "0.1.0"))
        {
            var sample = StubResults.Sample(
                "POST /checkout?id=1 HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"id\":1}");
            await writer.WriteAsync(sample with { Phases = StubResults.Server().Phases }, default);
        }

        var results = await ReadAsync(Encoding.UTF8.GetString(archive.ToArray()));
        var row = results.Requests.Find(0)!.Value;
        Assert.Equal(("POST", "/checkout?id=1", "shop", 500, "shop"), (row.Method, row.Target, row.Host, row.Status, row.Process));
        Assert.Equal(StubResults.Server().StartNanoseconds / 100, row.StartNanoseconds / 100);
        Assert.Equal(304_000_000, row.DurationNanoseconds);
        Assert.InRange(row.Phases.QueueNanoseconds!.Value, 64_999, 65_001);
        var kept = results.Requests.Samples.Find(row.Sample)!;
        Assert.Equal(("{\"id\":1}", "broken", "HTTP/1.1 500 Oh no"),
            (kept.Request.Body!.Text, kept.Response.Body!.Text, kept.Response.StartLine));
    }

    [Fact]
    public async Task A_browser_s_archive_is_masked()
    {
        var results = await ReadAsync("""
            {
              "log": {"version": "1.2", "creator": {"name": "Firefox", "version": "1"}, "pages": [], "entries": [
                {"startedDateTime": "2026-01-02T04:04:05.250+01:00", "time": 120, "request": {"method": "GET", "url": "https://shop.example:8443/a?token=hunter2", "httpVersion": "HTTP/2",
                  "headers": [{"name": "Cookie", "value": "id=hunter2"}]}, "response": {"status": 200, "statusText": "", "httpVersion": "HTTP/2", "headers": [],
                  "content": {"mimeType": "application/json", "text": "{\"password\":\"hunter2\"}"}}, "timings": {"blocked": 10, "dns": -1, "connect": 20, "send": 1, "wait": 80, "receive": 9}},
                {"startedDateTime": "not a time", "request": {}, "response": {}}, 7
              ]}
            }
            """);
        var row = results.Requests.Find(0)!.Value;
        Assert.Equal(("GET", "shop.example:8443", 200, 120_000_000), (row.Method, row.Host, row.Status, row.DurationNanoseconds));
        Assert.StartsWith("/a?token=[masked:", row.Target, StringComparison.Ordinal);
        Assert.Equal((31_000_000, 80_000_000, 9_000_000),
            (row.Phases.SendNanoseconds, row.Phases.WaitNanoseconds, row.Phases.ReceiveNanoseconds));
        Assert.DoesNotContain("hunter2", results.Requests.Samples.Find(row.Sample)!.Request.ToText(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", results.Requests.Samples.Find(row.Sample)!.Response.ToText(), StringComparison.Ordinal);
        var exactness = (await results.StateAsync(default)).Exactness;
        Assert.Equal((ExactnessState.Lossy, 2), (exactness.State, exactness.Lost.Single().Count));
    }

    [Fact]
    public async Task Lines_are_joined_as_they_were_when_they_were_seen()
    {
        const string Common = "\"method\":\"GET\",\"target\":\"/cart\",\"status\":503,\"version\":\"1.1\",\"requestBytes\":120,\"responseBytes\":853,\"join\":{\"requestPosition\":5,\"responsePosition\":9}";
        var results = await ReadAsync(
            $$$$"""
            {"time":"2026-01-02T03:04:05.123456799Z","role":"server","process":{"pid":1,"comm":"shop"},"local":"10.0.0.1:80","remote":"10.0.0.2:41234",{{{{Common}}}},"durationMicroseconds":1234,"timeToFirstByteMicroseconds":900,"phases":{"queueMicroseconds":37,"receiveMicroseconds":10,"applicationMicroseconds":1120,"writeMicroseconds":104},"rule":"checkout","sampled":"server-error","request":{"startLine":"GET /cart HTTP/1.1","headers":[{"name":"Host","value":"cart"}],"truncated":false},"transfers":{"request":{"start":"2026-01-02T03:04:05.123456799Z","end":"2026-01-02T03:04:05.123456799Z","calls":[{"call":"recvmsg","bytes":120,"start":"2026-01-02T03:04:05.123456700Z","end":"2026-01-02T03:04:05.123456799Z"}]}}}

            {"time":"2026-01-02T03:04:05.123000000Z","role":"client","process":{"pid":2,"comm":"web"},"local":"10.0.0.2:41234","remote":"10.0.0.1:80",{{{{Common}}}},"durationMicroseconds":2000}
            {"time":"2026-01-02T03:04:05.123000000Z"}
            not JSON
            """);
        var (server, client) = (results.Requests.Find(0)!.Value, results.Requests.Find(1)!.Value);
        Assert.Equal((1, 0, JoinState.Joined), (server.Partner, client.Partner, client.Join));
        Assert.Equal((1_767_323_045_123_456_799, SampledAs.ServerError, "checkout"),
            (server.StartNanoseconds, server.SampledAs, server.Rule));
        Assert.Equal((37_000, 1_120_000), (server.Phases.QueueNanoseconds, server.Phases.ApplicationNanoseconds));
        Assert.Equal(120, results.Requests.Samples.Find(server.Sample)!.Request.Calls.Single().Bytes);
        Assert.Equal((1, 2), ((await results.CallsAsync(10, default)).Count(call => call.AtServer is not null),
            (await results.StateAsync(default)).Exactness.Lost.Single().Count));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"a\":1}\n{}")]
    [InlineData("{\n \"log\": {\"entries\": 5}}")]
    [InlineData("{\n \"log\": 5}")]
    [InlineData("{\n \"log\"")]
    [InlineData("{")]
    public async Task What_is_neither_is_refused(string text) =>
        await Assert.ThrowsAsync<UnreadableResultsException>(() => ReadAsync(text));

    [Theory]
    [InlineData("{\"log\":1}", true)]
    [InlineData("\uFEFF \n{", true)]
    [InlineData("<html>", false)]
    [InlineData("", false)]
    public void A_file_of_results_begins_as_an_object(string text, bool expected) =>
        Assert.Equal(expected, ResultsFile.IsPossible(Encoding.UTF8.GetBytes(text)));

    private static async Task<FileResults> ReadAsync(string text) =>
        await ResultsFile.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), "results", "0.1.0", Redactor, default);
}
