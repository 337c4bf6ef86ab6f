using System.Globalization;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>The operator itself, as its deployment starts it, with the rights of its service account and no more.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    private const string Program = "artifacts/bin/netprofiler-operator";
    private const string LeasePath = $"/apis/coordination.k8s.io/v1/namespaces/{TestCluster.SystemNamespace}/leases/netprofiler-operator";

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly LocalProcess _process;
    private readonly string _endpoint;
    private readonly string _kubeconfig;

    private OperatorProcess(LocalProcess process, string endpoint, string kubeconfig)
    {
        (_process, _endpoint, _kubeconfig) = (process, endpoint, kubeconfig);
    }

    public string Said => _process.Said;

    public bool HasExited => _process.HasExited;

    /// <param name="alike">Whose identity it shares; null: it gets one, for which the API server is asked.</param>
    /// <param name="leaseSeconds">Short where a leader is to be missed, long where it must not be; 0: as usual.</param>
    /// <param name="more">Further arguments.</param>
    public static async Task<OperatorProcess> Start(TestCluster cluster, OperatorProcess? alike = null, int leaseSeconds = 0,
        params string[] more)
    {
        cluster.Require();
        Skip.IfNot(File.Exists(Repository.At(Program)), $"no {Program} (make build)");

        var kubeconfig = alike?._kubeconfig ?? await cluster.KubeconfigOf("netprofiler-operator", Path.GetTempFileName());
        var address = $"127.0.0.1:{FreePort.Take()}";
        string[] timings = leaseSeconds > 0
            ? ["--lease-duration", $"{leaseSeconds}", "--renew-deadline", $"{leaseSeconds * 2 / 3}", "--retry-period", "1"] : [];
        var process = new LocalProcess(
            Repository.At(Program), ["--kubeconfig", kubeconfig, "--namespace", TestCluster.SystemNamespace, "--metrics-listen", address,
                .. timings, .. more]);
        return new(process, $"http://{address}", kubeconfig);
    }

    /// <summary>Started, and leading.</summary>
    public static async Task<OperatorProcess> Lead(TestCluster cluster, int leaseSeconds = 0, params string[] more)
    {
        var started = await Start(cluster, leaseSeconds: leaseSeconds, more: more);
        try
        {
            await started.Leads();
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    public Task Leads() => Eventually.IsTrue("the operator leads", async () =>
    {
        if (HasExited) throw new InvalidOperationException($"the operator ended:\n{Said}");
        return await Metric("leader_election_master_status") == 1;
    });

    /// <summary>
    /// The sum of a family's samples, of those with a label's value where one is given; null: there is none, or no answer.
    /// </summary>
    public async Task<double?> Metric(string family, string label = "")
    {
        var text = await Get("/metrics");
        var samples = text?.Split('\n').Where(line => line.StartsWith(family, StringComparison.Ordinal)
            && line[family.Length..].StartsWith('{') | line[family.Length..].StartsWith(' '))
            .Where(line => line.Contains(label, StringComparison.Ordinal))
            .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)).ToList();
        return samples is { Count: > 0 } ? samples.Sum() : null;
    }

    /// <summary>Everything that it tells of itself; null: no answer.</summary>
    public Task<string?> Metrics() => Get("/metrics");

    public async Task<bool> Answers(string path)
    {
        try
        {
            using var response = await Http.GetAsync(new Uri(_endpoint + path));
            return response.IsSuccessStatusCode;
        }
        catch (Exception cause) when (cause is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    public void Pause() => _process.Signal(Signals.Stop);

    public void Continue() => _process.Signal(Signals.Continue);

    public async Task<int> Stop()
    {
        _process.Signal(Signals.Terminate);
        return await Ended();
    }

    /// <summary>Without a word to anybody: its lease stays behind, and is removed here so that nobody waits for its end.</summary>
    public async Task Kill(TestCluster cluster)
    {
        _process.Signal(Signals.Kill);
        _ = await Ended();
        _ = await cluster.Api.Send(HttpMethod.Delete, LeasePath);
    }

    public Task<int> Ended() => _process.Ended(Eventually.Patience);

    public static async Task<string?> LeaseHolder(TestCluster cluster)
    {
        var lease = await cluster.Api.Find(LeasePath);
        return (string?)lease?["spec"]?["holderIdentity"];
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        File.Delete(_kubeconfig);
    }

    private async Task<string?> Get(string path)
    {
        try
        {
            return await Http.GetStringAsync(new Uri(_endpoint + path));
        }
        catch (Exception cause) when (cause is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}
