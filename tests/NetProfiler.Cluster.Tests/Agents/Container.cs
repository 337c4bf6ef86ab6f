using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using NetProfiler.Cluster.Tests.Support;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>A request as nginx logged it.</summary>
internal readonly record struct Logged(string Path, int Status, long RequestBytes, long ResponseBytes, bool IsTls);

/// <summary>
/// nginx in control groups of its own, laid out as a kubelet and a runtime lay them out: what an agent takes for a container. Its access
/// log is the truth.
/// </summary>
internal sealed class Container : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("netprofiler-container-").FullName;
    private readonly string _top;
    private readonly HttpClient _client;
    private readonly TemporaryFolder _certificate = new();
    private readonly bool _hasLibraryOfItsOwn;
    private LocalProcess? _process;
    private int _answered;

    private Container(string hierarchy, IPAddress caller, bool hasLibraryOfItsOwn)
    {
        _hasLibraryOfItsOwn = hasLibraryOfItsOwn;
        TlsFiles.Write(_certificate);
        _client = new(new SocketsHttpHandler { UseProxy = false, SslOptions = TlsFiles.Client(),
            ConnectCallback = (context, cancellation) => Connect(caller, context.DnsEndPoint.Port, cancellation) }) { Timeout = Patience };
        _top = Path.Combine(hierarchy, $"netprofiler-{Environment.ProcessId}-{Id[..8]}");
        Cgroup = Path.Combine(_top, "kubepods", "burstable", $"pod{Guid.NewGuid()}", Id);
    }

    /// <summary>As a runtime makes them.</summary>
    public string Id { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public string Cgroup { get; }

    public int Port { get; } = FreePort.Take();

    /// <summary>Where it speaks TLS.</summary>
    public int TlsPort { get; } = FreePort.Take();

    /// <summary>nginx and its workers.</summary>
    public IReadOnlyList<int> Processes => [.. File.ReadLines(Path.Combine(Cgroup, "cgroup.procs")).Select(int.Parse)];

    /// <summary>Where control groups of version 2 are here: everywhere, or beside those of version 1.</summary>
    public static string? Version2 { get; } = new[] { "/sys/fs/cgroup",
        "/sys/fs/cgroup/unified" }.FirstOrDefault(path => File.Exists($"{path}/cgroup.controllers"));

    /// <summary>A hierarchy of version 1; null: there is none here.</summary>
    public static string? Version1 { get; } = new[] { "/sys/fs/cgroup/systemd",
        "/sys/fs/cgroup/pids" }.FirstOrDefault(path => File.Exists($"{path}/cgroup.procs"));

    public static void Require()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root: it makes control groups, and the agent attaches programs");
        Skip.IfNot(Tool.Exists("nginx"), "needs nginx");
        Skip.If(Version2 is null, "needs control groups of version 2");
    }

    /// <param name="caller">Whose address requests come from.</param>
    /// <param name="hasLibraryOfItsOwn">Its TLS library is another file than the machine's, as in an image of a container.</param>
    public static async Task<Container> Start(string? hierarchy = null, IPAddress? caller = null, bool hasLibraryOfItsOwn = false)
    {
        var container = new Container(hierarchy ?? Version2!, caller ?? IPAddress.Loopback, hasLibraryOfItsOwn);
        try
        {
            Directory.CreateDirectory(container.Cgroup);
            await File.WriteAllTextAsync(container.At("nginx.conf"), container.Configuration());
            container.StartNginx();
            await Eventually.IsTrue("nginx answers", container.Answers);
            return container;
        }
        catch
        {
            await container.DisposeAsync();
            throw;
        }
    }

    /// <summary>A process that starts in the container later, as by <c>kubectl exec</c>: asks nginx for something.</summary>
    public async Task<string> Exec(string path) => (await Tool.Run(
        "sh", ["-c", $"echo $$ > {Cgroup}/cgroup.procs && exec curl -s http://127.0.0.1:{Port}{path}"])).Succeeded;

    /// <summary>So many requests, one after the other: nine of ten are found, of the rest one of three fails.</summary>
    public Task Drive(int requests, string? secret = null) => Drive(_client, "http", Port, requests, secret);

    /// <summary>The same inside TLS, on a new connection.</summary>
    public async Task DriveTls(int requests, string? secret = null)
    {
        using var client = TlsClient();
        await Drive(client, "https", TlsPort, requests, secret);
    }

    /// <summary>The same on the client's connection.</summary>
    public Task DriveTls(HttpClient client, int requests) => Drive(client, "https", TlsPort, requests, secret: null);

    /// <summary>A client that keeps one connection.</summary>
    public static HttpClient TlsClient() =>
        new(new SocketsHttpHandler { UseProxy = false, SslOptions = TlsFiles.Client() }) { Timeout = Patience };

    private async Task Drive(HttpClient client, string scheme, int port, int requests, string? secret)
    {
        for (var i = 0; i < requests; i++)
        {
            var path = i % 10 != 9 ? "/ok" : i % 30 == 29 ? "/broken" : "/missing";
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://127.0.0.1:{port}{path}?n={i}");
            if (secret is not null) request.Headers.Add("X-Planted", secret);
            using var response = await client.SendAsync(request);
            _ = await response.Content.ReadAsByteArrayAsync();
            Interlocked.Increment(ref _answered);
        }
    }

    /// <summary>Until cancelled; says how many were answered.</summary>
    public async Task<int> DriveUntil(CancellationToken end)
    {
        int answered = 0;
        while (!end.IsCancellationRequested)
        {
            await Drive(10);
            answered += 10;
        }

        return answered;
    }

    /// <summary>
    /// Everything that was asked since the start, by what is driven here. nginx writes a line after the answer: it is waited for.
    /// </summary>
    public IReadOnlyList<Logged> Log
    {
        get
        {
            IReadOnlyList<Logged> log = ReadLog();
            Assert.True(SpinWait.SpinUntil(() => (log = ReadLog()).Count >= _answered, Patience),
                $"{log.Count} of {_answered} answers are in the log");
            return log;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _client.Dispose();
        if (Directory.Exists(_top))
        {
            foreach (var directory in Directory.GetDirectories(_top, "*", SearchOption.AllDirectories)
                .OrderByDescending(path => path.Length).Append(_top))
                await Eventually.IsTrue($"{directory} is empty", () => Task.FromResult(TryRemove(directory)));
        }

        Directory.Delete(_folder, recursive: true);
        _certificate.Dispose();
    }

    private IReadOnlyList<Logged> ReadLog() =>
    [
        .. File.ReadLines(At("access.log")).Select(line => line.Split(' ')).Where(parts => parts[0] != "/up")
            .Select(parts => new Logged(parts[0], int.Parse(parts[1]), long.Parse(parts[2]), long.Parse(parts[3]), parts[4] == "on")),
    ];

    private void StartNginx() => _process = new("sh", ["-c",
        $"echo $$ > {Cgroup}/cgroup.procs && {(_hasLibraryOfItsOwn ? Unshared() : "exec")} nginx -p {_folder} -e stderr -c {At("nginx.conf")}"]);

    // Another file at the path of the machine's library, in a mount namespace of its own.
    private string Unshared()
    {
        string library = Directory.EnumerateFiles("/usr/lib/x86_64-linux-gnu", "libssl.so.*").First();
        File.Copy(library, At("libssl.so"));
        return $"exec unshare --mount sh -c 'mount --bind {At("libssl.so")} {library} && exec \"$0\" \"$@\"'";
    }

    private async Task<bool> Answers()
    {
        try
        {
            using var response = await _client.GetAsync(new Uri($"http://127.0.0.1:{Port}/up"));
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async ValueTask<Stream> Connect(IPAddress caller, int port, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(caller, 0));
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool TryRemove(string directory)
    {
        try
        {
            Directory.Delete(directory);
            return true;
        }
        catch (IOException)
        {
            return false; // a process is on its way out
        }
    }

    private string At(string name) => Path.Combine(_folder, name);

    private string Configuration() => $$"""
        daemon off;
        user root;
        worker_processes 2;
        pid {{At("nginx.pid")}};
        events { worker_connections 256; }
        http {
          log_format truth escape=none '$uri $status $request_length $bytes_sent $https';
          access_log {{At("access.log")}} truth;
          default_type text/plain;
          keepalive_requests 1000000;
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
          server {
            listen 127.0.0.1:{{Port}};
            listen 127.0.0.1:{{TlsPort}} ssl;
            {{TlsFiles.NginxLines(_certificate)}}
            location /up { return 200 "up\n"; }
            location /ok { return 200 "fine\n"; }
            location /missing { return 404 "nothing\n"; }
            location /broken { return 503 "broken\n"; }
          }
        }
        """;
}
