using System.Net;
using NetProfiler.Web.Tests.Support;

namespace NetProfiler.Web.Tests;

/// <summary>Whoever has the link gets the page, once and in one browser; nobody else gets anything.</summary>
public sealed class AccessTests
{
    private static readonly string[] Paths = ["/", "/app.js", "/app.css", "/api/v1/source", "/api/v1/tasks/local/shop/requests",
        "/api/v1/nothing", "/csp-report"];

    [Fact]
    public async Task Without_the_cookie_every_path_is_refused()
    {
        await using var viewer = await Viewer.StrangerAsync(new StubResults());
        foreach (string path in Paths) Assert.Equal(403, (await viewer.GetAsync(path)).Status);
        Assert.Equal(403, (await viewer.GetAsync("/?key=0123456789abcdef0123456789abcdef")).Status);
    }

    [Fact]
    public async Task The_link_works_once()
    {
        await using var viewer = await Viewer.OpenAsync(new StubResults());
        Assert.Equal(200, (await viewer.GetAsync("/")).Status);
        using var stranger = new HttpClient();
        using var answer = await stranger.GetAsync(new Uri(viewer.Server.Link));
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("works once", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cookie_is_for_this_site_alone_and_no_script_sees_it()
    {
        await using var viewer = await Viewer.StrangerAsync(new StubResults());
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        using var answer = await http.GetAsync(new Uri(viewer.Server.Link));
        string cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=strict", cookie, StringComparison.Ordinal);
        Assert.Equal("/", answer.Headers.Location!.OriginalString); // the secret does not stay in the address
    }

    [Theory]
    [InlineData("Host", "evil.example", 421)]
    [InlineData("Host", "127.0.0.1", 421)]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)] // another port of this machine
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    [InlineData("Sec-Fetch-Site", "none", 200)]
    public async Task Other_names_and_other_sites_are_refused_even_with_the_cookie(string field, string value, int expected)
    {
        await using var viewer = await Viewer.OpenAsync(new StubResults());
        foreach (string path in new[] { "/", "/api/v1/source" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(viewer.Address, path));
            if (field == "Host") request.Headers.Host = value;
            else request.Headers.Add(field, value);
            using var answer = await viewer.Http.SendAsync(request);
            Assert.Equal(expected, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Localhost_is_this_machine_too()
    {
        await using var viewer = await Viewer.StrangerAsync(new StubResults());
        var link = new UriBuilder(viewer.Server.Link) { Host = "localhost" }.Uri;
        using var answer = await viewer.Http.GetAsync(link);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("POST", "/")]
    [InlineData("PUT", "/api/v1/source")]
    [InlineData("DELETE", "/api/v1/tasks")]
    public async Task Nothing_can_be_changed(string method, string path)
    {
        await using var viewer = await Viewer.OpenAsync(new StubResults());
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(viewer.Address, path));
        using var answer = await viewer.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task Every_answer_forbids_what_the_page_does_not_need()
    {
        await using var viewer = await Viewer.OpenAsync(new StubResults());
        foreach (string path in new[] { "/", "/api/v1/source", "/api/v1/nothing" })
        {
            using var answer = await viewer.Http.GetAsync(new Uri(viewer.Address, path));
            string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
            Assert.Contains("require-trusted-types-for 'script'; trusted-types 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        }
    }

    [Fact]
    public async Task It_listens_on_loopback_alone()
    {
        await using var viewer = await Viewer.StrangerAsync(new StubResults());
        string port = viewer.Address.Port.ToString("X4", System.Globalization.CultureInfo.InvariantCulture);
        string[] listening = [.. (await File.ReadAllLinesAsync("/proc/net/tcp")).Concat(await File.ReadAllLinesAsync("/proc/net/tcp6"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(row => row.Length > 3 && row[3] == "0A" && row[1].EndsWith($":{port}", StringComparison.Ordinal))
                .Select(row => row[1])];
        Assert.Equal([$"0100007F:{port}"], listening);
    }
}
