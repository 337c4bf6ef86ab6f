using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NetProfiler.Node.Tests.Support;

/// <summary>One row of the page's list, as far as tests look at it.</summary>
internal sealed record PageRow(long Id, long Partner, bool IsServer, string Method, string Target, int Status, long RequestBytes,
    long ResponseBytes, string Local, string Remote)
{
    public Fact Fact => new(Method, Target, Status, RequestBytes, ResponseBytes);
}

/// <summary>Someone who opened the link that a program printed.</summary>
internal sealed partial class PageViewer : IDisposable
{
    private readonly HttpClient _http =
        new(new SocketsHttpHandler { CookieContainer = new CookieContainer(), AutomaticDecompression = DecompressionMethods.All });
    private readonly Uri _address;
    private string _task = "";

    private PageViewer(Uri address) => _address = address;

    public static async Task<PageViewer> OpenAsync(ChildProcess process)
    {
        await process.WaitForLineAsync("netprofiler: page: http");
        string link = process.Seen.Select(line => Link().Match(line)).First(match => match.Success).Value;
        var viewer = new PageViewer(new Uri(link));
        using (var page = await viewer._http.GetAsync(viewer._address)) Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var task = (await viewer.GetAsync("/api/v1/tasks")).GetProperty("items")[0];
        viewer._task = $"/api/v1/tasks/{Uri.EscapeDataString(task.GetProperty("namespace").GetString()!)}/{Uri.EscapeDataString(task.GetProperty("name").GetString()!)}";
        return viewer;
    }

    public Task<JsonElement> TaskAsync(string path = "") => GetAsync(_task + path);

    /// <summary>The task, once the list holds so many rows, or time is over.</summary>
    public async Task<JsonElement> WaitForRowsAsync(long rows)
    {
        for (int i = 0; ; i++)
        {
            var task = await TaskAsync();
            if (task.GetProperty("requests").GetProperty("recorded").GetInt64() >= rows || i == 300) return task;
            await Task.Delay(100);
        }
    }

    public async Task<List<PageRow>> RowsAsync()
    {
        var answer = await TaskAsync("/requests");
        string[] strings = [.. answer.GetProperty("strings").EnumerateArray().Select(text => text.GetString()!)];
        var columns = answer.GetProperty("columns");
        long[] Column(string name) => [.. columns.GetProperty(name).EnumerateArray().Select(cell => cell.GetInt64())];
        long[] id = Column("id"), partner = Column("partner"), role = Column("role"), method = Column("method"), target = Column("target"),
        status = Column("status"),
            requestBytes = Column("requestBytes"), responseBytes = Column("responseBytes"), local = Column("local"),
                remote = Column("remote");
        return
        [
            .. Enumerable.Range(0, id.Length).Select(i => new PageRow(
                id[i], partner[i], role[i] == 1, strings[method[i]], strings[target[i]], (int)status[i], requestBytes[i], responseBytes[i],
                strings[local[i]], strings[remote[i]])),
        ];
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> GetAsync(string path)
    {
        await using var answer = await _http.GetStreamAsync(new Uri(_address, path));
        return (await JsonDocument.ParseAsync(answer)).RootElement;
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/\?key=[0-9a-f]{32}")]
    private static partial Regex Link();
}
