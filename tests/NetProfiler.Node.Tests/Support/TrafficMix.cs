using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;

namespace NetProfiler.Node.Tests.Support;

/// <summary>Everything that HTTP/1.x clients do to nginx. Targets are unique, so that a difference names its request.</summary>
internal sealed class TrafficMix(EndPoint server, string folder)
{
    /// <summary>nginx answers before it read these, and does not log their bodies' bytes.</summary>
    public const string Discarded = "/discard";

    public const string Pipelined = "pipelined";

    private static readonly int[] BodySizes = [0, 1, 10, 1000, 1023, 1024, 8192, 16384, 16385, 40_000, 65_536, 100_000, 1_000_000];
    private static readonly ReadOnlyMemory<byte> Content = MakeContent();

    private readonly ConcurrentQueue<Fact> _truth = new();
    private readonly string _modified = File.GetLastWriteTimeUtc(Path.Combine(folder, "www/f5")).ToString("R");
    private int _number;

    public IReadOnlyCollection<Fact> Truth => _truth;

    /// <summary>Null: clear text.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Each connection sends its requests one after the other.</summary>
    public Task KeepAliveAsync(int connections, int requests) => AllAsync(connections, async () =>
    {
        using var client = await RawClient.ConnectAsync(server, Tls);
        for (int i = 0; i < requests; i++) _truth.Enqueue(await client.SendAsync(Next(i)));
    });

    /// <summary>Each connection sends batches of 2, 3, ... requests in one write each, until it has sent its number.</summary>
    public Task PipelinedAsync(int connections, int requests) => AllAsync(connections, async () =>
    {
        using var client = await RawClient.ConnectAsync(server, Tls);
        for (int sent = 0, depth = 2; sent < requests; depth = depth == 50 ? 2 : depth + 1)
        {
            int size = int.Min(depth, requests - sent);
            var batch = Enumerable.Range(sent, size).Select(i => NextPipelined(i, depth)).ToList();
            foreach (var fact in await client.PipelineAsync(batch)) _truth.Enqueue(fact);
            sent += size;
        }
    });

    /// <summary>One request a connection: closed by "close", by HTTP/1.0, with a body that ends with the connection.</summary>
    public Task ShortAsync(int workers, int requests) => AllAsync(workers, async () =>
    {
        for (int i = 0; i < requests; i++)
        {
            using var client = await RawClient.ConnectAsync(server, Tls);
            int n = Number();
            _truth.Enqueue(await client.SendAsync((i % 5) switch
            {
                0 => RawRequest.Get($"/small?short={n}", "Connection: close\r\n"),
                1 => RawRequest.Get($"/f5?short={n}", version: "1.0"),
                2 => RawRequest.Get($"/f9?short={n}", "Connection: close\r\n"),
                3 => RawRequest.Get($"/fail?short={n}", method: "HEAD", version: "1.0"),
                _ => RawRequest.Get(i % 50 == 4 ? $"/text.txt?short={n}" : $"/small?short={n}", "Accept-Encoding: gzip\r\n",
                    version: "1.0"),
            }));
        }
    });

    /// <summary>Bodies of all sizes, with and without chunks and 100-continue, read, passed on or discarded by nginx.</summary>
    public Task BodiesAsync(int connections, int requests, bool discarded = true) => AllAsync(connections, async () =>
    {
        using var client = await RawClient.ConnectAsync(server, Tls);
        for (int i = 0; i < requests; i++)
        {
            int n = Number();
            var body = Content[..(i % 125 == 60 ? 5 * 1024 * 1024 : BodySizes[i % BodySizes.Length])];
            string target = (i % 4) switch { 0 => "/upload", 1 => "/through", 2 => "/stream", _ => discarded ? Discarded : "/upload" }
                + $"?body={n}";
            var request = i % 3 == 1 && body.Length <= 1_000_000
                ? RawRequest.Chunked(target, body.Span, 1, 7, 4096, 16, 30_000)
                : RawRequest.Post(target, body, method: i % 7 == 3 ? "PUT" : "POST");
            // nginx discards without asking for more.
            if (i % 5 == 2 && !body.IsEmpty) request = request.Waiting();
            _truth.Enqueue(await client.SendAsync(request));
        }
    });

    private RawRequest Next(int i)
    {
        int n = Number();
        int size = i % Nginx.FileSizes.Length;
        if (size == Nginx.FileSizes.Length - 1 && i % 8 != 0) size = 3; // 5 MB now and then is enough
        return (i % 16) switch
        {
            0 => RawRequest.Get($"/small?n={n}"),
            1 or 2 or 3 => RawRequest.Get($"/f{size}?n={n}"),
            4 => RawRequest.Get($"/f{size}?n={n}", method: "HEAD"),
            5 => RawRequest.Get($"/missing?n={n}"),
            6 => RawRequest.Get($"/fail?n={n}"),
            7 => RawRequest.Get($"/f5?n={n}", $"If-Modified-Since: {_modified}\r\n"),
            8 => RawRequest.Get($"/text.txt?n={n}", i % 32 == 8 ? "Accept-Encoding: gzip\r\n" : "Range: bytes=5-\r\n"),
            9 => RawRequest.Get($"/f10?n={n}", "Range: bytes=100-65635\r\n"),
            10 => RawRequest.Get($"/f6?n={n}", "Range: bytes=0-1,10-99\r\n"),
            11 => RawRequest.Get($"/f6?n={n}", "Range: bytes=99999-\r\n"),
            12 => RawRequest.Get($"/kept?n={n}", i % 64 == 12 ? "Accept-Encoding: gzip\r\n" : "Range: bytes=0-9\r\n"),
            13 => RawRequest.Get($"/through?n={n}"),
            14 => RawRequest.Get($"/small?n={n}", $"X-Long: {new string('x', 1 + i * 13 % 7000)}\r\n"),
            _ => RawRequest.Get($"/fail?n={n}", method: "OPTIONS"),
        };
    }

    private RawRequest NextPipelined(int i, int depth)
    {
        int n = Number();
        string fields = depth % 4 == 0 ? $"X-Fill: {new string('f', depth * 11)}\r\n" : "";
        return (i % 8) switch
        {
            0 => RawRequest.Get($"/f2?{Pipelined}={n}", fields),
            1 => RawRequest.Get($"/f5?{Pipelined}={n}", fields, method: "HEAD"),
            2 => RawRequest.Get($"/f7?{Pipelined}={n}", fields),
            3 => RawRequest.Get($"/missing?{Pipelined}={n}", fields),
            4 => RawRequest.Post($"/upload?{Pipelined}={n}", Content[..(n * 31 % 3000)], fields),
            5 => RawRequest.Get($"/f5?{Pipelined}={n}", $"If-Modified-Since: {_modified}\r\n"),
            6 => RawRequest.Chunked($"/through?{Pipelined}={n}", Content.Span[..(n * 17 % 2000)], 100, 1),
            _ => RawRequest.Get($"/small?{Pipelined}={n}", fields),
        };
    }

    private int Number() => Interlocked.Increment(ref _number);

    private static Task AllAsync(int connections, Func<Task> connection) =>
        Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(connection))).WaitAsync(TimeSpan.FromSeconds(60));

    // Looks like heads and chunks, and is none.
    private static byte[] MakeContent()
    {
        var content = new byte[5 * 1024 * 1024];
        var pattern = "0\r\n\r\nPOST /no HTTP/1.1\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"u8;
        for (int i = 0; i < content.Length; i++) content[i] = pattern[i % pattern.Length];
        return content;
    }
}
