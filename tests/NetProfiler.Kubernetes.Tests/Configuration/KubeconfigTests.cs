using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Tests.Support;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Kubernetes.Tests.Configuration;

public sealed class KubeconfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task The_current_context_says_where_and_who()
    {
        var configuration = Load(Write("config", Config("https://10.0.0.1:6443", user: "{token: secret}", context: "namespace: shop")));
        Assert.Equal(new Uri("https://10.0.0.1:6443"), configuration.Server);
        Assert.Equal("shop", configuration.Namespace);
        Assert.Equal("Bearer secret", await Authorization(configuration));
    }

    [Fact]
    public void JSON_is_read_too() => Assert.Equal(
        new Uri("https://a"),
        Load(Write("config", """{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"k"}}],"clusters":[{"name":"k","cluster":{"server":"https://a"}}]}""")).Server);

    [Fact]
    public void Of_several_files_the_first_that_defines_a_name_counts_and_one_that_is_missing_is_passed_over()
    {
        var first = Write("one/config", Config("https://first"));
        var second = Write("two/config", Config("https://second", name: "k").Replace("current-context: k", "current-context: other"));
        var list = string.Join(Path.PathSeparator, Path.Combine(_folder.Path, "nothing"), first, second);
        Assert.Equal(new Uri("https://first"), FromEnvironment(list).Server);
    }

    [Fact]
    public void A_context_of_one_file_may_name_a_cluster_of_another()
    {
        var first = Write("one", "current-context: c\ncontexts: [{name: c, context: {cluster: far, user: u}}]\nusers: [{name: u, user: {token: t}}]\n");
        var second = Write("two", "clusters: [{name: far, cluster: {server: https://far}}]\n");
        Assert.Equal(new Uri("https://far"), FromEnvironment($"{first}{Path.PathSeparator}{second}").Server);
    }

    [Fact]
    public async Task Paths_are_relative_to_the_file_that_names_them()
    {
        _folder.Write("one/token.txt", "of one");
        _folder.Write("two/ca.pem", _authority.Pem);
        var first = Write("one/config", "current-context: c\ncontexts: [{name: c, context: {cluster: far, user: u}}]\nusers: [{name: u, user: {tokenFile: token.txt}}]\n");
        var second = Write("two/config", "clusters: [{name: far, cluster: {server: https://far, certificate-authority: ca.pem}}]\n");
        var configuration = FromEnvironment($"{first}{Path.PathSeparator}{second}");
        Assert.Equal("Bearer of one", await Authorization(configuration));
        Assert.Equal(_authority.Pem, configuration.Trust.ReadAuthorities());
    }

    [Fact]
    public void Names_are_compared_as_they_are_written()
    {
        var path = Write("config", Config("https://lower", name: "prod"));
        var error = Assert.Throws<KubernetesConfigurationException>(() => Load(path, context: "Prod"));
        Assert.Contains("there is no context 'Prod'; there are: prod", error.Message);
    }

    [Fact]
    public async Task A_file_of_a_token_wins_over_a_token()
    {
        _folder.Write("token", "of the file\n");
        Assert.Equal("Bearer of the file", await Authorization(Load(Write("config", Config("https://a", user: "{token: other, tokenFile: token}")))));
    }

    [Fact]
    public async Task Name_and_password_are_sent_as_they_are() => Assert.Equal(
        "Basic amFuZTpww6Rzcw==", await Authorization(Load(Write("config", Config("https://a", user: "{username: jane, password: päss}")))));

    [Fact]
    public async Task A_client_certificate_and_its_key_may_be_data()
    {
        using var certificate = _authority.Issue("jane");
        var pem = Convert.ToBase64String(Encoding.UTF8.GetBytes(certificate.ExportCertificatePem()));
        using var key = certificate.GetECDsaPrivateKey()!;
        var keyPem = Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportECPrivateKeyPem()));
        var configuration = Load(Write("config", Config("https://a", user: $"{{client-certificate-data: {pem}, client-key-data: {keyPem}}}")));
        var credential = await configuration.Credentials.GetAsync(default);
        Assert.Equal("CN=jane", credential.ClientCertificate!.Context.TargetCertificate.Subject);
        Assert.True(credential.ClientCertificate.Context.TargetCertificate.HasPrivateKey);
        Assert.Null(credential.Authorization);
    }

    [Fact]
    public void Everything_else_of_a_cluster_is_read()
    {
        var configuration = Load(Write("config", Config(
            "https://rancher.example/k8s/clusters/c-1", cluster: "tls-server-name: inner, proxy-url: 'socks5://localhost:1080', disable-compression: true, insecure-skip-tls-verify: true, extensions: [{name: x, extension: {y: [z]}}]")));
        Assert.Equal("https://rancher.example/k8s/clusters/c-1/", configuration.BaseAddress.AbsoluteUri);
        Assert.Equal("inner", configuration.Trust.ServerName);
        Assert.True(configuration.Trust.SkipVerification);
        Assert.True(configuration.DisableCompression);
        Assert.Equal(new Uri("socks5://localhost:1080"), ((WebProxy)configuration.Proxy!).Address);
    }

    [Fact]
    public void Another_user_may_be_asked_for()
    {
        var configuration = Load(Write("config", Config(
            "https://a", user: "{token: t, as: jane, as-uid: '7', as-groups: [dev], as-user-extra: {'example.org/reason': [on call]}}")));
        Assert.Equal(
            [new("Impersonate-User", "jane"), new("Impersonate-Uid", "7"), new("Impersonate-Group", "dev"), new("Impersonate-Extra-example.org%2Freason", "on call")],
            configuration.Impersonation);
    }

    [Theory]
    [InlineData("{token: t, as-groups: [dev]}", "need as:")]
    [InlineData("{token: t, as: jane, as-groups: [dev, ops]}", "Impersonate-Group has 2 values")]
    [InlineData("{client-certificate-data: aaaa}", "belong together")]
    [InlineData("{client-certificate-data: '%%%', client-key-data: aaaa}", "client-certificate-data is not base64")]
    [InlineData("{client-certificate-data: aaaa, client-key-data: aaaa}", "the client certificate and its key cannot be read")]
    [InlineData("{client-certificate: missing.pem, client-key: missing.pem}", "missing.pem")]
    [InlineData("{exec: {command: x}}", "exec has no apiVersion")]
    [InlineData("{exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}}", "neither")]
    [InlineData("{exec: {command: x, apiVersion: client.authentication.k8s.io/v1}}", "interactiveMode")]
    [InlineData("{exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}}", "must talk to a person")]
    [InlineData("{token: [1]}", "token must be a text")]
    public void A_user_that_cannot_work_is_refused_with_file_and_reason(string user, string reason)
    {
        var path = Write("config", Config("https://a", user: user));
        var error = Assert.Throws<KubernetesConfigurationException>(() => Load(path));
        Assert.Contains(reason, error.Message);
        Assert.Contains(_folder.Path, error.Message);
    }

    [Theory]
    [InlineData("server: ''", "has no server")]
    [InlineData("server: 'ftp://a'", "no http or https address")]
    [InlineData("server: https://a, certificate-authority-data: bm90aGluZw==", "has no certificate in PEM")]
    [InlineData("server: https://a, insecure-skip-tls-verify: maybe", "must be true or false")]
    [InlineData("server: https://a, proxy-url: 'ftp://x'", "proxy-url")]
    [InlineData("server: https://a, certificate-authority: missing.pem", "missing.pem")]
    public void A_cluster_that_cannot_work_is_refused_with_its_reason(string cluster, string reason)
    {
        var path = Write("config", $"current-context: k\ncontexts: [{{name: k, context: {{cluster: k}}}}]\nclusters: [{{name: k, cluster: {{{cluster}}}}}]\n");
        Assert.Contains(reason, Assert.Throws<KubernetesConfigurationException>(() => Load(path)).Message);
    }

    [Theory]
    [InlineData("a: [", "not YAML")]
    [InlineData("- a", "is a mapping")]
    [InlineData("contexts: {}", "contexts must be a list")]
    [InlineData("apiVersion: v1", "current-context is not set")]
    public void A_file_that_is_no_kubeconfig_is_refused_with_its_reason(string text, string reason)
    {
        var path = Write("config", text);
        Assert.Contains(reason, Assert.Throws<KubernetesConfigurationException>(() => Load(path)).Message);
    }

    [Fact]
    public void A_path_that_was_given_must_exist() =>
        Assert.Throws<KubernetesConfigurationException>(() => Load(Path.Combine(_folder.Path, "nothing")));

    [Fact]
    public void In_a_pod_its_own_account_goes_before_a_file_that_lies_around()
    {
        _folder.Write("home/.kube/config", Config("https://stray"));
        Assert.Equal(new Uri("https://10.96.0.1"), Default(Pod("10.96.0.1")).Server);
        Assert.Equal(new Uri("https://stray"), Default(Sources()).Server);
        Assert.Equal(new Uri("https://asked"), Default(Pod("10.96.0.1", kubeconfig: Write("asked", Config("https://asked")))).Server);
    }

    [Fact]
    public async Task A_pod_has_address_namespace_token_and_authority_from_the_kubelet()
    {
        var configuration = Default(Pod("fd00::1"));
        Assert.Equal("[fd00::1]", configuration.Server.Host);
        Assert.Equal("netprofiler", configuration.Namespace);
        Assert.Equal("Bearer of the pod", await Authorization(configuration));
        Assert.Equal(_authority.Pem, configuration.Trust.ReadAuthorities());
        Assert.Null(configuration.Proxy);
    }

    [Fact]
    public void Where_nothing_is_known_it_says_what_was_looked_for()
    {
        var error = Assert.Throws<KubernetesConfigurationException>(() => Default(Sources()));
        Assert.Contains("KUBECONFIG is not set", error.Message);
        Assert.Contains(Path.Combine(".kube", "config"), error.Message);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private static string Config(string server, string name = "k", string user = "{}", string context = "", string cluster = "") => $$"""
        apiVersion: v1
        kind: Config
        current-context: {{name}}
        preferences: {}
        contexts:
        - name: {{name}}
          context: {cluster: {{name}}, user: {{name}}{{(context.Length > 0 ? ", " : "")}}{{context}}}
        clusters:
        - name: {{name}}
          cluster: {server: '{{server}}'{{(cluster.Length > 0 ? ", " : "")}}{{cluster}}}
        users:
        - name: {{name}}
          user: {{user}}
        """;

    private static async Task<string?> Authorization(KubernetesClientConfiguration configuration) =>
        (await configuration.Credentials.GetAsync(default)).Authorization?.ToString();

    private static KubernetesClientConfiguration Default(ConfigurationSources sources) =>
        KubernetesClientConfiguration.BuildDefaultConfig(null, null, sources);

    private string Write(string name, string text) => _folder.Write(name, text);

    private KubernetesClientConfiguration Load(string path, string? context = null) =>
        KubernetesClientConfiguration.BuildDefaultConfig(path, context, Sources());

    private KubernetesClientConfiguration FromEnvironment(string list) => Default(Sources(("KUBECONFIG", list)));

    private ConfigurationSources Sources(params (string Name, string Value)[] variables) => new()
    {
        Variable = name => variables.FirstOrDefault(variable => variable.Name == name).Value,
        HomeFolder = Path.Combine(_folder.Path, "home"),
        ServiceAccountFolder = Path.Combine(_folder.Path, "account"),
    };

    private ConfigurationSources Pod(string host, string? kubeconfig = null)
    {
        _folder.Write("account/token", "of the pod\n");
        _folder.Write("account/ca.crt", _authority.Pem);
        _folder.Write("account/namespace", "netprofiler\n");
        return Sources(("KUBERNETES_SERVICE_HOST", host), ("KUBERNETES_SERVICE_PORT", "443"), ("KUBECONFIG", kubeconfig ?? ""));
    }
}
