using System.Globalization;
using System.Text.Json;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using NetProfiler.Containers.Tests.Support;
using NetProfiler.Node.Cluster;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Containers.Tests;

/// <summary>The agent's image by itself, outside Kubernetes, with the capabilities that the chart gives it and no others.</summary>
[Collection(LiveCollection.Name)]
public sealed class AgentImageTests : IAsyncLifetime
{
    private const string CgroupMount = "/host/cgroup";

    // Bits of linux/capability.h: DAC_READ_SEARCH, SYS_PTRACE, PERFMON, BPF.
    private const ulong ChartCapabilities = 1UL << 2 | 1UL << 19 | 1UL << 38 | 1UL << 39;

    private ContainerEngine _engine = null!;

    public async Task InitializeAsync() => _engine = await ContainerEngine.StartPodmanAsync();

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [SkippableFact]
    public async Task The_machine_can_be_profiled_with_the_capabilities_of_the_chart()
    {
        var (code, output) = await CheckAsync("seccomp=unconfined");

        Assert.True(code == 0, $"check ended with {code}:\n{output}");
    }

    /// <summary>Debian 12's profile of podman allows bpf(2) with SYS_ADMIN only.</summary>
    [SkippableFact]
    public async Task A_seccomp_profile_that_refuses_bpf_is_named()
    {
        const string profile = """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["bpf"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}""";

        using var folder = new TemporaryFolder();
        var (code, output) = await CheckAsync("seccomp=" + folder.Write("seccomp.json", profile));

        Assert.Equal(3, code);
        Assert.Contains("bpf(): a seccomp profile or security module refuses bpf(2)", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Linux 5.8 or later is needed", output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Requests_to_nginx_in_another_container_are_counted_exactly()
    {
        int port = FreePort.Take();
        await using var nginx = await StartNginxAsync(port);
        await using var agent = Agent("seccomp=unconfined", "run", "--cgroup", Mounted(CgroupOf(nginx)), "--metrics-listen", "none",
            "--output", "json", "--print", "exchanges");
        await agent.StartAsync();
        await Eventually(async () => (await agent.GetLogsAsync(timestampsEnabled: false))
            .Stderr.Contains("netprofiler: capturing", StringComparison.Ordinal));

        Assert.Equal(ChartCapabilities, EffectiveCapabilities(ProcessesOf(agent)[0]));
        await SendAsync(port, 200);
        await ChildProcess.RunAsync("kill", "-TERM", ProcessesOf(agent)[0]);
        long code = await agent.GetExitCodeAsync();

        var (output, summary) = await agent.GetLogsAsync(timestampsEnabled: false);
        Assert.Equal(0, code);
        Assert.Contains("nothing lost, nothing unpaired", summary, StringComparison.Ordinal);
        Assert.Equal(await AccessLogAsync(nginx), Lines(output).Select(Exchange).Order());
    }

    [SkippableFact]
    public async Task The_control_group_of_a_podman_container_is_found_by_its_id() => await AssertIsFoundAsync(_engine);

    [SkippableFact]
    public async Task The_control_group_of_a_docker_container_is_found_by_its_id()
    {
        await using var docker = await ContainerEngine.StartDockerAsync();
        await Images.CopyAsync(Images.Debian, docker);
        await AssertIsFoundAsync(docker);
    }

    private async Task<(long Code, string Output)> CheckAsync(string seccomp)
    {
        await using var agent = Agent(seccomp, "check");
        await agent.StartAsync();
        long code = await agent.GetExitCodeAsync();
        var (output, errors) = await agent.GetLogsAsync(timestampsEnabled: false);
        return (code, output + errors);
    }

    private static async Task AssertIsFoundAsync(ContainerEngine engine)
    {
        await using var sleeper = engine.Container(Images.Debian).WithCommand("sleep", "60").Build();
        await sleeper.StartAsync();

        var cgroup = new ContainerCgroups("/sys/fs/cgroup");
        cgroup.Refresh();

        string path = Assert.IsType<ContainerCgroup>(cgroup.Find(sleeper.Id)).Path;
        string process = Assert.Single(File.ReadAllLines(Path.Combine(path, "cgroup.procs")));
        Assert.Equal("sleep\n", File.ReadAllText($"/proc/{process}/comm"));
    }

    private IContainer Agent(string seccomp, params string[] arguments) => _engine.Container(Images.Agent)
        .WithCommand(arguments)
        .WithBindMount("/sys/fs/cgroup", CgroupMount, AccessMode.ReadOnly)
        .WithCreateParameterModifier(parameters =>
        {
            parameters.HostConfig!.PidMode = "host";
            parameters.HostConfig.ReadonlyRootfs = true;
            parameters.HostConfig.CapDrop = ["ALL"];
            parameters.HostConfig.CapAdd = ["BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH"];
            parameters.HostConfig.SecurityOpt = ["no-new-privileges", seccomp];
        })
        .Build();

    private async Task<IContainer> StartNginxAsync(int port)
    {
        string configuration = $$"""
            daemon off; error_log stderr; pid /tmp/nginx.pid; events {}
            http {
              log_format truth '$request_method $request_uri $status $request_length $bytes_sent';
              access_log /tmp/access.log truth;
              server { listen 127.0.0.1:{{port}}; location / { return 200 "$request_uri\n"; } location /missing { return 404; } }
            }
            """;
        var nginx = _engine.Container(Images.Shop)
            .WithResourceMapping(System.Text.Encoding.UTF8.GetBytes(configuration), "/tmp/nginx.conf")
            .WithCommand("nginx", "-c", "/tmp/nginx.conf", "-e", "stderr")
            .Build();
        await nginx.StartAsync();
        using var client = new HttpClient();
        await Eventually(async () =>
        {
            try
            {
                return (await client.GetAsync(new Uri($"http://127.0.0.1:{port}/ready"))).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        await nginx.ExecAsync(["truncate", "-s", "0", "/tmp/access.log"]);
        return nginx;
    }

    private static async Task SendAsync(int port, int requests)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        for (int i = 0; i < requests; i++)
            using (await client.GetAsync(new Uri(i % 10 == 0 ? "/missing" : $"/cart?id={i}", UriKind.Relative))) { }
    }

    private static async Task<IEnumerable<string>> AccessLogAsync(IContainer nginx) =>
        Lines((await nginx.ExecAsync(["cat", "/tmp/access.log"])).Stdout).Order();

    private static string Exchange(string line)
    {
        using var exchange = JsonDocument.Parse(line);
        return string.Join(' ', new[] { "method", "target", "status", "requestBytes",
            "responseBytes" }.Select(name => exchange.RootElement.GetProperty(name).ToString()));
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string CgroupOf(IContainer container)
    {
        var cgroups = new ContainerCgroups("/sys/fs/cgroup");
        cgroups.Refresh();
        return Assert.IsType<ContainerCgroup>(cgroups.Find(container.Id)).Path;
    }

    private static string Mounted(string path) => path.Replace("/sys/fs/cgroup", CgroupMount, StringComparison.Ordinal);

    private static string[] ProcessesOf(IContainer container) => File.ReadAllLines(Path.Combine(CgroupOf(container), "cgroup.procs"));

    private static ulong EffectiveCapabilities(string process) => ulong.Parse(
        File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("CapEff:", StringComparison.Ordinal)).AsSpan(7).Trim(),
        NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(30); !await condition(); await Task.Delay(50))
            if (DateTime.UtcNow > deadline) throw new TimeoutException("the condition did not become true within 30 s");
    }
}
