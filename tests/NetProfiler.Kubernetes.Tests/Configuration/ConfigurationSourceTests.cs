using System.Security.Cryptography.X509Certificates;
using System.Text;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Tests.Support;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Kubernetes.Tests.Configuration;

public sealed class ConfigurationSourceTests : IDisposable
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
        var first = Write("one", "current-context: c\ncontexts: [{name: c, context: {cluster: far, user: u}}]\nusers: [{name: u, user: "
            + "{token: t}}]\n");
        var second = Write("two", "clusters: [{name: far, cluster: {server: https://far}}]\n");
        Assert.Equal(new Uri("https://far"), FromEnvironment($"{first}{Path.PathSeparator}{second}").Server);
    }

    [Fact]
    public void Paths_are_relative_to_the_file_that_names_them()
    {
        using var certificate = _authority.Issue("jane");
        using var key = certificate.GetECDsaPrivateKey()!;
        _folder.Write("three/jane.pem", certificate.ExportCertificatePem());
        _folder.Write("three/jane.key", key.ExportECPrivateKeyPem());
        _folder.Write("two/ca.pem", _authority.Pem);
        var first = Write("one/config", "current-context: c\ncontexts: [{name: c, context: {cluster: far, user: u}}]\n");
        var second = Write("two/config", "clusters: [{name: far, cluster: {server: https://far, certificate-authority: ca.pem}}]\n");
        var third = Write("three/config", "users: [{name: u, user: {client-certificate: jane.pem, client-key: jane.key}}]\n");
        var access = FromEnvironment(string.Join(Path.PathSeparator, first, second, third));
        Assert.Equal("CN=jane", access.ClientCertificate!.Subject);
        Assert.True(access.ClientCertificate.HasPrivateKey);
        Assert.Equal(_authority.Pem, access.Trust.ReadAuthorities());
    }

    [Fact]
    public void Names_are_compared_as_they_are_written()
    {
        var path = Write("config", Config("https://lower", name: "prod"));
        var error = Assert.Throws<KubernetesConfigurationException>(() => Load(path, context: "Prod"));
        Assert.Contains("there is no context 'Prod'; there are: prod", error.Message);
    }

    [Fact]
    public async Task Name_and_password_are_sent_as_they_are() => Assert.Equal(
        "Basic amFuZTpww6Rzcw==", await Authorization(Load(Write("config",
            Config("https://a", user: "{username: jane, password: päss}")))));

    [Fact]
    public async Task A_client_certificate_and_its_key_may_be_data()
    {
        using var certificate = _authority.Issue("jane");
        var pem = Convert.ToBase64String(Encoding.UTF8.GetBytes(certificate.ExportCertificatePem()));
        using var key = certificate.GetECDsaPrivateKey()!;
        var keyPem = Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportECPrivateKeyPem()));
        var access = Load(Write("config", Config("https://a", user: $"{{client-certificate-data: {pem}, client-key-data: {keyPem}}}")));
        Assert.Equal("CN=jane", access.ClientCertificate!.Subject);
        Assert.True(access.ClientCertificate.HasPrivateKey);
        Assert.Null(await Authorization(access));
    }

    [Fact]
    public async Task A_user_without_credentials_is_anonymous() =>
        Assert.Null(await Authorization(Load(Write("config", Config("https://a", user: "{}")))));

    [Fact]
    public async Task A_plugin_gives_the_token()
    {
        var plugin = Write("plugin", """
            #!/bin/sh
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"of the plugin"}}'
            """);
        var user = $"{{exec: {{command: sh, args: [{plugin}], apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, "
            + $"provideClusterInfo: false, env: null}}}}";
        Assert.Equal("Bearer of the plugin", await Authorization(Load(Write("config", Config("https://a", user: user)))));
    }

    [Fact]
    public void A_cluster_may_be_below_a_path_have_another_name_or_prove_nothing()
    {
        var access = Load(Write("config", Config(
            "https://rancher.example/k8s/clusters/c-1",
            user: "{token: t}",
            cluster: "tls-server-name: inner, disable-compression: false, insecure-skip-tls-verify: true, extensions: [{name: x, "
                + "extension: {y: [z]}}]")));
        Assert.Equal("https://rancher.example/k8s/clusters/c-1", access.Server.AbsoluteUri);
        Assert.Equal("inner", access.Trust.ServerName);
        Assert.True(access.Trust.SkipVerification);
    }

    [Fact]
    public void Every_authority_of_a_bundle_is_trusted()
    {
        using var other = new TestAuthority("other");
        var bundle = Convert.ToBase64String(Encoding.UTF8.GetBytes(other.Pem + "\n" + _authority.Pem));
        var access = Load(Write("config", Config("https://a", user: "{token: t}", cluster: $"certificate-authority-data: {bundle}")));
        var options = access.Trust.ClientOptions(access.Trust.ReadAuthorities(), null);
        Assert.Equal(2, options.CertificateChainPolicy!.CustomTrustStore.Count);
        Assert.Null(options.RemoteCertificateValidationCallback);
    }

    [Theory]
    [InlineData("{token: t, tokenFile: token}", "'tokenFile' is not supported")]
    [InlineData("{token: t, as: jane}", "'as' is not supported")]
    [InlineData("{token: t, as-uid: '7'}", "'as-uid' is not supported")]
    [InlineData("{token: t, as-groups: [dev]}", "'as-groups' is not supported")]
    [InlineData("{token: t, as-user-extra: {a: [b]}}", "'as-user-extra' is not supported")]
    [InlineData("{auth-provider: {name: gcp}}", "'auth-provider' is not supported")]
    [InlineData("{exec: {command: x, apiVersion: v, provideClusterInfo: true}}", "'provideClusterInfo' is not supported")]
    [InlineData("{exec: {command: x, apiVersion: v, interactiveMode: Always}}", "interactiveMode Always is not supported")]
    [InlineData("{exec: {command: x, apiVersion: v, args: [a, 'b c']}}", "an argument with a space is not supported: 'b c'")]
    [InlineData("{exec: {command: ./x, apiVersion: v}}", "command './x' is not supported")]
    [InlineData("{client-certificate-data: '%%%', client-key-data: aaaa}", "Base-64")]
    [InlineData("{client-certificate: missing.pem, client-key: missing.pem}", "missing.pem")]
    [InlineData("{exec: {command: x}}", "ApiVersion")]
    [InlineData("{username: jane}", "credentials")]
    public void A_user_that_is_not_supported_or_cannot_work_is_refused_with_file_and_reason(string user, string reason)
    {
        var path = Write("config", Config("https://a", user: user));
        var error = Assert.Throws<KubernetesConfigurationException>(() => Load(path));
        Assert.Contains(reason, error.Message);
        Assert.Contains(_folder.Path, error.Message);
    }

    [Theory]
    [InlineData("server: ''", "Server not found")]
    [InlineData("server: 'ftp://a'", "no http or https address")]
    [InlineData("server: https://a, certificate-authority-data: bm90aGluZw==", "has no certificate in PEM")]
    [InlineData("server: https://a, insecure-skip-tls-verify: maybe", "must be true or false")]
    [InlineData("server: https://a, proxy-url: 'socks5://localhost:1080'", "'proxy-url' is not supported")]
    [InlineData("server: https://a, disable-compression: true", "'disable-compression' is not supported")]
    [InlineData("server: https://a, certificate-authority: missing.pem", "missing.pem")]
    public void A_cluster_that_cannot_work_is_refused_with_its_reason(string cluster, string reason)
    {
        var path = Write("config", $"current-context: k\ncontexts: [{{name: k, context: {{cluster: k}}}}]\nclusters: [{{name: k, "
            + $"cluster: {{{cluster}}}}}]\n");
        Assert.Contains(reason, Assert.Throws<KubernetesConfigurationException>(() => Load(path)).Message);
    }

    [Theory]
    [InlineData("a: [", "not YAML")]
    [InlineData("- a", "is a mapping")]
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

    private static string Config(string server, string name = "k", string user = "{token: t}", string context = "", string cluster = "") => $$"""
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

    private static async Task<string?> Authorization(ClusterAccess configuration) =>
        configuration.Tokens is { } tokens ? (await tokens.GetAuthenticationHeaderAsync(default)).ToString() : null;

    private static ClusterAccess Default(ConfigurationSource source) => source.Load();

    private string Write(string name, string text) => _folder.Write(name, text);

    private ClusterAccess Load(string path, string? context = null) =>
        Sources().Load(path, context);

    private ClusterAccess FromEnvironment(string list) => Default(Sources(("KUBECONFIG", list)));

    private ConfigurationSource Sources(params (string Name, string Value)[] variables) => new()
    {
        Variable = name => variables.FirstOrDefault(variable => variable.Name == name).Value,
        HomeFolder = Path.Combine(_folder.Path, "home"),
        ServiceAccountFolder = Path.Combine(_folder.Path, "account"),
    };

    private ConfigurationSource Pod(string host, string? kubeconfig = null)
    {
        _folder.Write("account/token", "of the pod\n");
        _folder.Write("account/ca.crt", _authority.Pem);
        _folder.Write("account/namespace", "netprofiler\n");
        return Sources(("KUBERNETES_SERVICE_HOST", host), ("KUBERNETES_SERVICE_PORT", "443"), ("KUBECONFIG", kubeconfig ?? ""));
    }
}
