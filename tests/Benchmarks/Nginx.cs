using System.Diagnostics;
using System.Globalization;

namespace NetProfiler.Benchmarks;

/// <summary>One nginx worker on core 0 that answers six bytes.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    public const int Core = 0;
    private const int Port = 18080;
    private readonly Process _master;
    private readonly string _folder;

    private Nginx(Process master, string folder) => (_master, _folder) = (master, folder);

    public static string Address => $"http://127.0.0.1:{Port}/";

    public int WorkerId { get; private set; }

    public static async Task<Nginx> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("netprofiler-bench").FullName;
        string configuration = $$"""
            worker_processes 1; daemon off; pid {{folder}}/pid; error_log {{folder}}/error.log crit; worker_rlimit_nofile 40000;
            events { worker_connections 20000; }
            http {
              access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
              client_body_temp_path {{folder}}/b; proxy_temp_path {{folder}}/p; fastcgi_temp_path {{folder}}/f; uwsgi_temp_path {{folder}}/u; scgi_temp_path {{folder}}/s;
              server { listen 127.0.0.1:{{Port}} backlog=16384; location / { return 200 "hello\n"; } location /status { stub_status; } }
            }
            """;
        await File.WriteAllTextAsync($"{folder}/nginx.conf", configuration);
        var master = Process.Start("taskset", ["-c", $"{Core}", "nginx", "-c", $"{folder}/nginx.conf"]);
        var nginx = new Nginx(master, folder);
        for (int attempt = 0; attempt < 100; attempt++)
        {
            await Task.Delay(50);
            string children = $"/proc/{master.Id}/task/{master.Id}/children";
            if (!File.Exists(children) || !int.TryParse((await File.ReadAllTextAsync(children)).Split(' ')[0], out int worker)) continue;
            nginx.WorkerId = worker;
            return nginx;
        }

        throw new InvalidOperationException("nginx did not start; is the port free?");
    }

    /// <summary>Requests that nginx itself counted so far, without the one that asks.</summary>
    public async Task<long> CountRequestsAsync()
    {
        using var client = new HttpClient();
        string status = await client.GetStringAsync($"{Address}status");
        string numbers = status.Split('\n')[2].Trim();
        return long.Parse(numbers.Split(' ')[^1], CultureInfo.InvariantCulture) - ++_asked;
    }

    private long _asked;

    /// <summary>CPU time of the worker (schedstat: nanoseconds, not ticks).</summary>
    public long CpuNanoseconds => long.Parse(File.ReadAllText($"/proc/{WorkerId}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        _master.Kill(entireProcessTree: true);
        await _master.WaitForExitAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
