using System.Text.Json;
using NetProfiler.Web.Tests.Support;

namespace NetProfiler.Web.Tests;

/// <summary>Each path of the API answers what its golden file says.</summary>
public sealed class ApiTests
{
    private const string Task = "/api/v1/tasks/local/shop";

    [Theory]
    [InlineData("source", "/api/v1/source")]
    [InlineData("tasks", "/api/v1/tasks")]
    [InlineData("task", Task)]
    [InlineData("series", $"{Task}/series")]
    [InlineData("edges", $"{Task}/edges")]
    [InlineData("tcp", $"{Task}/tcp")]
    [InlineData("requests", $"{Task}/requests")]
    [InlineData("requests-filtered", $"{Task}/requests?filter=end%3Dclient")]
    [InlineData("requests-after", $"{Task}/requests?after=2")]
    [InlineData("request-server", $"{Task}/requests/0")]
    [InlineData("request-client", $"{Task}/requests/1")]
    [InlineData("har", $"{Task}/har?filter=status%3E%3D500")]
    public async Task A_path_answers(string name, string path)
    {
        await using var viewer = await Viewer.OpenAsync(StubResults.WithOneExchange());
        var (status, json) = await viewer.GetAsync(path);
        Assert.Equal(200, status);
        Assert.DoesNotContain("hunter2", json, StringComparison.Ordinal);
        Golden.Equal(name, json);
    }

    [Theory]
    [InlineData(404, "/api/v1/nothing", "there is no such path; docs/page.md lists them")]
    [InlineData(404, "/api/v1/tasks/local/other", "there is no task local/other")]
    [InlineData(404, $"{Task}/requests/7", "there is no request 7, or it was dropped for newer ones")]
    [InlineData(404, $"{Task}/requests/x", "there is no request x, or it was dropped for newer ones")]
    [InlineData(400, $"{Task}/requests?after=-1", "after=-1: write the number that the answer before called next")]
    [InlineData(400, $"{Task}/requests?filter=colour%3Dred",
        "unknown field 'colour'; write one of status, duration, path, method, end, process, peer, host, rule, size, rtt, retrans, "
            + "sampled, joined, outcome, reason, header.NAME")]
    [InlineData(400, $"{Task}/har?filter=duration%3Dlong", "duration: 'long' is not a time such as 250ms")]
    public async Task A_fault_says_what_is_wrong(int expected, string path, string error)
    {
        await using var viewer = await Viewer.OpenAsync(StubResults.WithOneExchange());
        var (status, json) = await viewer.GetAsync(path);
        Assert.Equal((expected, error), (status, JsonDocument.Parse(json).RootElement.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task How_a_task_is_comes_by_itself()
    {
        var results = StubResults.WithOneExchange();
        await using var viewer = await Viewer.OpenAsync(results);
        using var stream = await viewer.Http.GetStreamAsync(new Uri(viewer.Address, $"{Task}/live"));
        using var lines = new StreamReader(stream);
        for (int i = 0; i < 2; i++)
        {
            string line = (await lines.ReadLineAsync())!;
            Assert.StartsWith("data: {\"namespace\":\"local\",\"name\":\"shop\"", line, StringComparison.Ordinal);
            Assert.Equal("", await lines.ReadLineAsync());
        }
    }

    [Fact]
    public async Task A_hundred_thousand_rows_are_answered_in_time()
    {
        var results = new StubResults();
        for (int i = 0; i < 100_000; i++) results.Add(StubResults.Server(target: $"/cart/{i % 1000}"));
        await using var viewer = await Viewer.OpenAsync(results);
        var time = System.Diagnostics.Stopwatch.StartNew();
        var (status, json) = await viewer.GetAsync($"{Task}/requests");
        Assert.Equal(200, status);
        Assert.Equal(100_000, JsonDocument.Parse(json).RootElement.GetProperty("columns").GetProperty("id").GetArrayLength());
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(10), $"{time.Elapsed}");
    }
}
