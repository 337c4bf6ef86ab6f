using System.Globalization;
using System.Net;

namespace NetProfiler.Node.Tests.Support;

/// <summary>A line of the access log.</summary>
internal readonly record struct NginxLine(Fact Fact, double RequestMilliseconds);

/// <summary>nginx in the foreground, with what its access log says of each request.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private ChildProcess? _process;

    public int Port { get; } = FreePort.Take();

    public int BackendPort { get; } = FreePort.Take();

    public string UnixPath => _folder.File("front.sock");

    public string Folder => _folder.Path;

    /// <summary>The master; its workers are its children.</summary>
    public int Id => _process!.Id;

    public IPEndPoint Address => new(IPAddress.Loopback, Port);

    public int[] Workers => [.. File.ReadAllText($"/proc/{Id}/task/{Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(int.Parse)];

    /// <summary>Sizes of the files /f0, /f1, ...</summary>
    public static readonly int[] FileSizes = [0, 1, 100, 1459, 1460, 4096, 16384, 65535, 65536, 65537, 262144, 1048576, 5 * 1024 * 1024];

    /// <param name="tls">Lines of the configuration that make its front speak TLS. Null: clear text.</param>
    public static async Task<Nginx> StartAsync(int workers = 1, bool sendfile = true, string? tls = null)
    {
        var nginx = new Nginx();
        try
        {
            nginx.WriteFiles();
            await File.WriteAllTextAsync(nginx._folder.File("nginx.conf"), nginx.Configuration(workers, sendfile, tls));
            await nginx.StartProcessAsync();
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public void Reload() => _process!.Send(Signal.Hangup);

    /// <summary>Lets nginx finish, and reads what it logged of its clients.</summary>
    public async Task<IReadOnlyList<NginxLine>> QuitAsync()
    {
        if (_process is not null)
        {
            _process.Send(Signal.Quit);
            await _process.WaitAsync();
        }

        return ReadLog("front.log");
    }

    /// <summary>What nginx logged as its own backend. After <see cref="QuitAsync"/>.</summary>
    public IReadOnlyList<NginxLine> BackendLog => ReadLog("back.log");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartProcessAsync()
    {
        _process = ChildProcess.Start("nginx", "-p", _folder.Path, "-e", "stderr", "-c", _folder.File("nginx.conf"));
        await _process.WaitForPortAsync(Address);
    }

    private List<NginxLine> ReadLog(string name) =>
        [.. File.ReadLines(_folder.File(name)).Select(line => line.Split(' ')).Select(part => new NginxLine(
            new Fact(part[0], part[1], int.Parse(part[2]), long.Parse(part[3]), long.Parse(part[4])),
            double.Parse(part[5], CultureInfo.InvariantCulture) * 1000))];

    private void WriteFiles()
    {
        Directory.CreateDirectory(_folder.File("www"));
        var content = new byte[FileSizes.Max()];
        for (int i = 0; i < content.Length; i++) content[i] = (byte)("GET / HTTP/1.1\r\n"[i % 16]); // looks like heads, and is none
        for (int i = 0; i < FileSizes.Length; i++) File.WriteAllBytes(_folder.File($"www/f{i}"), content[..FileSizes[i]]);
        File.WriteAllText(_folder.File("www/text.txt"),
            string.Join('\n', Enumerable.Range(0, 40_000).Select(i => $"line {i * 7919 % 65536}")));
    }

    // Buffers are small where that makes nginx read a head in several calls.
    private string Configuration(int workers, bool sendfile, string? tls) => $$"""
        daemon off;
        user root;
        worker_processes {{workers}};
        pid nginx.pid;
        events { worker_connections 512; }
        http {
          log_format truth escape=none '$request_method $request_uri $status $request_length $bytes_sent $request_time';
          default_type text/plain;
          sendfile {{(sendfile ? "on" : "off")}};
          keepalive_requests 1000000;
          client_max_body_size 16m;
          client_header_buffer_size 1k;
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
          gzip_types text/plain; gzip_min_length 1; gzip_http_version 1.0;
          upstream kept { server 127.0.0.1:{{BackendPort}}; keepalive 8; }
          server {
            listen 127.0.0.1:{{Port}}{{(tls is null ? "" : " ssl")}}; listen [::1]:{{Port}}{{(tls is null ? "" : " ssl")}}; listen unix:{{UnixPath}};
            {{tls}}
            access_log front.log truth;
            root www;
            location /text.txt { gzip on; }
            location /small { return 200 "hello\n"; }
            location /fail { return 500 "broken\n"; }
            location /discard { return 200 "not read\n"; }
            location /upload { proxy_pass http://127.0.0.1:{{BackendPort}}; proxy_pass_request_body off; proxy_set_header Content-Length ""; }
            location /through { proxy_pass http://127.0.0.1:{{BackendPort}}; }
            location /kept { proxy_pass http://kept; proxy_http_version 1.1; proxy_set_header Connection ""; }
            location /stream { proxy_pass http://kept; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off; }
          }
          server {
            listen 127.0.0.1:{{BackendPort}};
            access_log back.log truth;
            root www;
            location /upload { return 200 "stored\n"; }
            location /ok { return 201 "taken\n"; }
            location /through { rewrite ^ /taken last; }
            location /taken { internal; proxy_pass http://127.0.0.1:{{BackendPort}}/ok; proxy_pass_request_body off; proxy_set_header Content-Length ""; }
            location /kept { gzip on; gzip_proxied any; rewrite ^ /text.txt break; }
            location /stream { rewrite ^ /taken last; }
          }
        }
        """;
}
