using System.Net;
using NetProfiler.Web.Results;
using NetProfiler.Web.Server;

namespace NetProfiler.Web.Tests.Support;

/// <summary>A server of results, and someone who opened its link.</summary>
internal sealed class Viewer : IAsyncDisposable
{
    private readonly CookieContainer _cookies = new();

    private Viewer(UiServer server)
    {
        Server = server;
        Address = new Uri(new Uri(server.Link).GetLeftPart(UriPartial.Authority));
        Http = new HttpClient(new SocketsHttpHandler { CookieContainer = _cookies,
            AutomaticDecompression = DecompressionMethods.All }) { BaseAddress = Address };
    }

    public UiServer Server { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public static async Task<Viewer> StrangerAsync(IResultsSource source)
    {
        var server = new UiServer(source);
        await server.StartAsync(default);
        return new Viewer(server);
    }

    public static async Task<Viewer> OpenAsync(IResultsSource source)
    {
        var viewer = await StrangerAsync(source);
        using var page = await viewer.Http.GetAsync(new Uri(viewer.Server.Link));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        return viewer;
    }

    public async Task<(int Status, string Text)> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(new Uri(Address, path));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }
}
