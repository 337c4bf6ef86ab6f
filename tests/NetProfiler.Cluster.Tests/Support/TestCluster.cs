using System.Text.Json.Nodes;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>
/// The real API server that all tests of this assembly share: the one of KUBECONFIG, one made of the binaries in KUBEBUILDER_ASSETS, or the
/// one of tests/cluster, which has a controller manager too. Ours ends with the process, however that ends. It has the custom resources,
/// the roles and the operator's namespace.
/// </summary>
public sealed class TestCluster : IAsyncLifetime
{
    public const string SystemNamespace = "netprofiler-system";
    public const string AgentAccount = $"system:serviceaccount:{SystemNamespace}:netprofiler-agent";

    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(3);

    private readonly string _state = $"/var/tmp/netprofiler-tests-{Environment.ProcessId}";
    private readonly Dictionary<string, string> _environment = [];
    private readonly string _kubectlCache = Directory.CreateTempSubdirectory("netprofiler-kubectl-").FullName;
    private LocalProcess? _process;
    private OperatorProcess? _operator;
    private ApiServer? _api;
    private ApiServer? _rules;
    private string _kubeconfig = "";

    /// <summary>Null: there is one. Otherwise what is missing, and the remedy.</summary>
    internal string? Missing { get; private set; }

    /// <summary>Ours: it may be stopped, and what it does be read in its log.</summary>
    internal bool IsOurs { get; private set; }

    internal bool HasControllerManager => !IsOurs || File.Exists(Path.Combine(_state, "kube-controller-manager.pid"));

    internal ApiServer Api => _api!;

    internal string EtcdAddress => $"http://127.0.0.1:{_environment["ETCD_PORT"]}";

    /// <summary>Every request that the API server answered.</summary>
    internal string AuditLog => Path.Combine(_state, "audit.log");

    async Task IAsyncLifetime.InitializeAsync()
    {
        if (!Tool.Exists("kubectl")) Missing = "no kubectl (scripts/setup test installs it)";
        else if (Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } given) await UseExisting(given);
        else await StartOurs();

        if (Missing is null) await Install();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (_operator is not null) await _operator.DisposeAsync();
        _rules?.Dispose();
        _api?.Dispose();
        if (_process is not null) await _process.DisposeAsync();
        Directory.Delete(_kubectlCache, recursive: true);
    }

    /// <summary>Skips the test where there is no API server.</summary>
    internal void Require() => Skip.If(Missing is not null, Missing);

    internal void RequireOurs()
    {
        Require();
        Skip.IfNot(IsOurs, "the API server is not ours to stop (KUBECONFIG is set)");
    }

    internal void RequireControllerManager()
    {
        Require();
        Skip.IfNot(HasControllerManager, "no kube-controller-manager (KUBEBUILDER_ASSETS has none)");
    }

    internal Task<ToolResult> Kubectl(params string[] arguments) => KubectlOn("", arguments);

    internal Task<ToolResult> KubectlOn(string input, params string[] arguments) =>
        Tool.Run("kubectl", ["--kubeconfig", _kubeconfig, "--cache-dir", _kubectlCache, .. arguments], input);

    /// <summary>Runs a script of tests/cluster on our cluster.</summary>
    internal async Task Script(string name, params string[] arguments) =>
        _ = (await Tool.Run(Repository.At($"tests/cluster/{name}"), arguments, environment: _environment)).Succeeded;

    /// <summary>A current server for custom resources alone, with CEL; skips the test where there is none.</summary>
    internal async Task<ApiServer> Rules()
    {
        Require();
        Skip.IfNot(IsOurs, "a server for rules runs beside a cluster of ours only");
        if (_rules is not null) return _rules;

        var cache = Environment.GetEnvironmentVariable("CLUSTER_CACHE") ?? "/var/cache/test-cluster";
        Skip.IfNot(File.Exists(Path.Combine(cache, "bin/apiextensions-apiserver")),
            "no apiextensions-apiserver (scripts/setup test builds it)");
        await Script("crd-server", "start");
        _rules = ApiServer.WithToken($"https://127.0.0.1:{_environment["CRD_PORT"]}", Path.Combine(_state, "crd-certs/apiserver.crt"),
            "admintoken");
        return _rules;
    }

    /// <summary>The operator that tests share: started when the first of them asks.</summary>
    internal async Task<OperatorProcess> Operator() =>
        _operator is { HasExited: false } ? _operator : _operator = await OperatorProcess.Lead(this);

    /// <summary>For tests that start operators of their own.</summary>
    internal async Task StopOperator()
    {
        Require();
        if (_operator is null) return;
        if (!_operator.HasExited) _ = await _operator.Stop();
        await _operator.DisposeAsync();
        _operator = null;
    }

    /// <summary>A kubeconfig of a service account of the operator's namespace, as a pod of it would have.</summary>
    internal async Task<string> KubeconfigOf(string serviceAccount, string path)
    {
        var config = JsonNode.Parse((await Kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json")).Succeeded)!;
        var token = await Api.Do(HttpMethod.Post, $"/api/v1/namespaces/{SystemNamespace}/serviceaccounts/{serviceAccount}/token",
            """{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": [], "expirationSeconds": 7200}}""");
        config["users"]![0]!["user"] = new JsonObject { ["token"] = (string?)token["status"]!["token"] };
        await File.WriteAllTextAsync(path, config.ToJsonString());
        return path;
    }

    private async Task StartOurs()
    {
        var assets = Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS");
        var cache = Environment.GetEnvironmentVariable("CLUSTER_CACHE") ?? "/var/cache/test-cluster";
        if (!File.Exists(Path.Combine(assets ?? Path.Combine(cache, "kubernetes"), "kube-apiserver")))
        {
            Missing = "no kube-apiserver (scripts/setup test builds it)";
            return;
        }

        IsOurs = true;
        _environment["CLUSTER_STATE"] = _state;
        foreach (var port in new[] { "API_PORT", "CRD_PORT", "ETCD_PORT", "ETCD_PEER_PORT" })
            _environment[port] = FreePort.Take().ToString();

        _process = new(Repository.At("tests/cluster/up"), ["api", "hold"], _environment);
        await _process.Says("export KUBECONFIG=", StartTime);
        _kubeconfig = Path.Combine(_state, "admin.kubeconfig");
        _api = ApiServer.WithToken($"https://127.0.0.1:{_environment["API_PORT"]}", Path.Combine(_state, "certs/apiserver.crt"),
            "admintoken");
    }

    private async Task UseExisting(string kubeconfig)
    {
        _kubeconfig = kubeconfig;
        _process = new("kubectl", ["--kubeconfig", kubeconfig, "proxy", "--port=0"]);
        var line = await _process.Says("Starting to serve on ", StartTime);
        _api = ApiServer.BehindProxy($"http://{line[(line.LastIndexOf(' ') + 1)..]}");
    }

    internal async Task InstallDefinitions()
    {
        // kubectl asks the server what a definition may say, and one of before 1.25 does not know rules: it leaves them out.
        _ = (await Kubectl("apply", "--validate=false", "-k", Repository.At("config/crd"))).Succeeded;
        _ = (await Kubectl("wait", "--for=condition=Established", "--timeout=60s",
            "crd/networkprofilingtasks.netprofiler.dev", "crd/nodeprofilingconfigs.netprofiler.dev")).Succeeded;
        foreach (var kind in new[] { "networkprofilingtasks", "nodeprofilingconfigs" })
            await Eventually.IsTrue($"{kind} are served", async () => await Api.Find($"/apis/netprofiler.dev/v1alpha1/{kind}") is not null);
    }

    private async Task Install()
    {
        await InstallDefinitions();
        _ = (await Kubectl("apply", "-f", Repository.At("config/operator/namespace.yaml"))).Succeeded;
        _ = (await Kubectl("apply", "-k", Repository.At("config/rbac"))).Succeeded;
    }
}

[CollectionDefinition(Name)]
public sealed class ClusterCollection : ICollectionFixture<TestCluster>
{
    public const string Name = "cluster";
}
