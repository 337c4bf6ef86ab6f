using System.Net;
using System.Net.Http.Headers;
using NetProfiler.Cluster.Tests.Support;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Cluster.Tests.Agents;

/// <summary>The agent of a node itself, with the rights of its service account and no more.</summary>
internal sealed class NodeAgent : IAsyncDisposable
{
    private const string Program = "artifacts/bin/netprofiler";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(20) };

    private readonly LocalProcess _process;
    private readonly string _endpoint;
    private readonly string _kubeconfig;

    private NodeAgent(LocalProcess process, string endpoint, string kubeconfig) =>
        (_process, _endpoint, _kubeconfig) = (process, endpoint, kubeconfig);

    public string Said => _process.Said;

    public int Id => _process.Id;

    /// <summary>The same agent again, after its end.</summary>
    public async Task<NodeAgent> Again(TestCluster cluster, string node)
    {
        await DisposeAsync();
        var agent = await Start(cluster, node);
        await agent.IsReady();
        return agent;
    }

    public static Task<NodeAgent> Start(TestCluster cluster, string node, params string[] more) => StartBehind([], cluster, node, more);

    /// <param name="wrapper">A program that starts it, with its arguments.</param>
    public static async Task<NodeAgent> StartBehind(string[] wrapper, TestCluster cluster, string node, params string[] more)
    {
        cluster.Require();
        Container.Require();
        Skip.IfNot(File.Exists(Repository.At(Program)), $"no {Program} (make build)");

        var kubeconfig = await cluster.KubeconfigOf("netprofiler-agent", Path.GetTempFileName());
        var address = $"127.0.0.1:{FreePort.Take()}";
        string[] command =
            [.. wrapper, Repository.At(Program), "node", "--node-name", node, "--kubeconfig", kubeconfig, "--namespace",
                TestCluster.SystemNamespace, "--listen", address, .. more];
        var process = new LocalProcess(command[0], command[1..]);
        return new(process, $"http://{address}", kubeconfig);
    }

    public void Pause() => _process.Signal(Signals.Stop);

    public void Continue() => _process.Signal(Signals.Continue);

    public Task IsReady() => Eventually.IsTrue("the agent is ready", async () =>
    {
        if (_process.HasExited) throw new InvalidOperationException($"the agent ended:\n{Said}");
        return await Get("/readyz") is HttpStatusCode.OK;
    });

    public async Task<HttpStatusCode?> Get(string path, string? token = null) => (await Read(path, token)).Code;

    public async Task<(HttpStatusCode? Code, string Text)> Read(string path, string? token = null)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _endpoint + path);
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await Http.SendAsync(request);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (Exception cause) when (cause is HttpRequestException or TaskCanceledException)
        {
            return (null, "");
        }
    }

    /// <summary>Programs and maps that the process holds in the kernel.</summary>
    public int HeldInKernel
    {
        get
        {
            try
            {
                return Directory.EnumerateFiles($"/proc/{Id}/fd")
                    .Count(file => File.ResolveLinkTarget(file, false)?.Name.Contains("bpf", StringComparison.Ordinal) == true);
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    public Task HoldsNothingInKernel() =>
        Eventually.IsTrue("the agent has no program and no map in the kernel", () => Task.FromResult(HeldInKernel == 0));

    public async Task<int> Stop()
    {
        _process.Signal(Signals.Terminate);
        return await _process.Ended(Eventually.Patience);
    }

    public async Task Kill()
    {
        _process.Signal(Signals.Kill);
        _ = await _process.Ended(Eventually.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        File.Delete(_kubeconfig);
    }
}
