using NetProfiler.Cluster.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Cluster.Tests;

/// <summary>charts/netprofiler as Helm writes it out. No cluster is asked.</summary>
public sealed class ChartTests
{
    private static readonly string[] Monitoring =
    [
        "monitoring.podMonitor.enabled=true", "monitoring.serviceMonitor.enabled=true",
        "monitoring.prometheusRule.enabled=true", "monitoring.dashboards.enabled=true",
    ];

    [SkippableFact]
    public async Task The_chart_and_kustomize_render_to_the_same_objects() =>
        // Helm makes the namespace itself, when it is told to.
        Same((await Manifests.Kustomize("default")).Where(item => item.Text("kind") != "Namespace"), await Manifests.Chart());

    [SkippableFact]
    public async Task And_so_they_do_with_everything_for_monitoring() =>
        Same((await Manifests.Kustomize("default")).Where(item => item.Text("kind") != "Namespace")
            .Concat(await Manifests.Kustomize("monitoring")), await Manifests.Chart(Monitoring));

    [SkippableFact]
    public async Task Definitions_outlive_the_release_unless_they_are_not_to()
    {
        Assert.All(Definitions(await Manifests.Chart()),
            crd => Assert.Equal("keep", crd.Map("metadata.annotations")["helm.sh/resource-policy"]));
        Assert.All(Definitions(await Manifests.Chart("crds.keep=false")), crd => Assert.Empty(crd.Map("metadata.annotations")));
        Assert.Empty(Definitions(await Manifests.Chart("crds.enabled=false")));

        static List<YamlNode> Definitions(IReadOnlyList<YamlNode> items) =>
            [.. items.Where(item => item.Text("kind") == "CustomResourceDefinition")];
    }

    [SkippableFact]
    public async Task Without_peers_the_agent_may_not_look_at_pods()
    {
        var items = await Manifests.Chart("agent.resolvePeers=false");
        Assert.DoesNotContain(items, item => item.Text("metadata.name") == "netprofiler-agent-peers");
        Assert.Contains("--resolve-peers=false", Agent(items).Texts("args"));
    }

    [SkippableFact]
    public async Task Collectors_are_told_to_the_agent()
    {
        var agent = Agent(await Manifests.Chart("agent.exporters.zipkin=http://zipkin:9411", "agent.exporters.skywalking=oap:11800",
            "agent.exporters.otlp=http://collector:4318"));
        Assert.Equal(["--zipkin=http://zipkin:9411", "--skywalking=oap:11800", "--otlp=http://collector:4318"],
            agent.Texts("args").TakeLast(3));
    }

    [SkippableFact]
    public async Task Exporters_are_a_file_that_operator_and_agents_read()
    {
        var items = await Manifests.Chart("exporters.oap.skywalking=oap:11800", "exporters.team-a.otlp=grpc://collector:4317");
        Assert.Equal(
            "exporters:\n  oap:\n    skywalking: oap:11800\n  team-a:\n    otlp: grpc://collector:4317",
            items.Single(item => item.Text("metadata.name") == "netprofiler-exporters").Map("data")["exporters.yaml"].TrimEnd('\n'));
        Assert.All(PodsOf(items), pod =>
        {
            var container = Assert.Single(pod.List("spec.containers"));
            string mount = Assert.Single(container.List("volumeMounts"), one => one.Text("name") == "exporters").Text("mountPath")!;
            Assert.Contains($"--exporters={mount}/exporters.yaml", container.Texts("args"));
            Assert.Equal("netprofiler-exporters",
                Assert.Single(pod.List("spec.volumes"), one => one.Text("name") == "exporters").Text("configMap.name"));
        });
    }

    [SkippableFact]
    public async Task Limits_are_a_file_that_the_operator_alone_reads_and_it_is_replaced_when_they_change()
    {
        const string annotation = "netprofiler.dev/limits";
        Assert.All(PodsOf(await Manifests.Chart()), pod => Assert.DoesNotContain(annotation, pod.Map("metadata.annotations").Keys));
        var items = await Manifests.Chart("limits.default.maxTasks=10", "limits.namespaces.shop.allowFullContent=false");
        Assert.Equal(
            "default:\n  maxTasks: 10\nnamespaces:\n  shop:\n    allowFullContent: false",
            items.Single(item => item.Text("metadata.name") == "netprofiler-limits").Map("data")["limits.yaml"].TrimEnd('\n'));
        var pod = Assert.Single(PodsOf(items), pod => pod.Map("metadata.annotations").ContainsKey(annotation));
        var container = Assert.Single(pod.List("spec.containers"));
        string mount = Assert.Single(container.List("volumeMounts"), one => one.Text("name") == "limits").Text("mountPath")!;
        Assert.Contains($"--limits={mount}/limits.yaml", container.Texts("args"));
        Assert.Equal("operator", container.Text("name"));
    }

    [SkippableFact]
    public async Task Pods_are_replaced_when_exporters_change_and_else_not()
    {
        const string annotation = "netprofiler.dev/exporters";
        var none = await Manifests.Chart();
        var one = await Manifests.Chart("exporters.oap.skywalking=oap:11800");
        var other = await Manifests.Chart("exporters.oap.skywalking=oap:11801");
        Assert.All(PodsOf(none), pod => Assert.DoesNotContain(annotation, pod.Map("metadata.annotations").Keys));
        var sums = Assert.Single(PodsOf(one).Select(pod => pod.Map("metadata.annotations")[annotation]).Distinct());
        Assert.DoesNotContain(sums, PodsOf(other).Select(pod => pod.Map("metadata.annotations")[annotation]));
        Assert.All(PodsOf(await Manifests.Chart("exporters.oap.skywalking=oap:11800", "agent.port=9000")),
            pod => Assert.Equal(sums, pod.Map("metadata.annotations")[annotation]));
    }

    [SkippableFact]
    public async Task Another_port_is_the_same_for_the_agent_its_probes_and_its_monitor()
    {
        var agent = Agent(await Manifests.Chart("agent.port=9000"));
        Assert.Contains("--listen=:9000", agent.Texts("args"));
        Assert.Equal("9000", Assert.Single(agent.List("ports")).Text("containerPort"));
        Assert.All(new[] { "startupProbe", "livenessProbe", "readinessProbe" },
            probe => Assert.Equal("metrics", agent.Text($"{probe}.httpGet.port")));
    }

    [SkippableTheory]
    [InlineData("image.registry=registry.example/team", "registry.example/team/netprofiler-node:0.1.0")]
    [InlineData("image.tag=1.2.3", "netprofiler-node:1.2.3")]
    [InlineData("agent.image.tag=4.5.6", "netprofiler-node:4.5.6")]
    public async Task Images_are_named_by_registry_and_tag(string value, string image) =>
        Assert.Equal(image, Agent(await Manifests.Chart(value)).Text("image"));

    [SkippableTheory]
    [InlineData("agent.prot=9000")]
    [InlineData("nodeIsolation=Sometimes")]
    [InlineData("agent.capabilities={ALL}")]
    [InlineData("agent.port=0")]
    [InlineData("operator.image.digest=latest")]
    [InlineData("exporters.OAP.skywalking=oap:11800")]
    [InlineData("exporters.oap.skywaking=oap:11800")]
    [InlineData("exporters.oap.zipkin=zipkin:9411")]
    [InlineData("exporters.oap.otlp=")]
    public async Task A_value_that_is_misspelt_or_out_of_range_is_refused(string value) =>
        Assert.NotEqual(0, (await Manifests.Helm(value)).ExitCode);

    [SkippableTheory]
    [InlineData("Enforce", "Deny")]
    [InlineData("Audit", "Audit")]
    public async Task Node_isolation_is_enforced_or_only_written_down(string value, string action) =>
        Assert.Equal([action], (await Manifests.Chart($"nodeIsolation={value}"))
            .Single(item => item.Text("kind") == "ValidatingAdmissionPolicyBinding").Texts("spec.validationActions"));

    [SkippableFact]
    public async Task Or_left_out() =>
        Assert.DoesNotContain(await Manifests.Chart("nodeIsolation=Off"),
            item => item.Text("kind")!.StartsWith("ValidatingAdmission", StringComparison.Ordinal));

    private static List<YamlNode> PodsOf(IReadOnlyList<YamlNode> items) =>
        [.. items.Where(item => item.Text("kind") is "Deployment" or "DaemonSet").Select(item => item.Find("spec.template")!)];

    private static YamlNode Agent(IReadOnlyList<YamlNode> items) =>
        Assert.Single(items.Single(item => item.Text("kind") == "DaemonSet").List("spec.template.spec.containers"));

    private static void Same(IEnumerable<YamlNode> kustomize, IEnumerable<YamlNode> chart)
    {
        var (ours, theirs) = (ByName(kustomize), ByName(chart));
        Assert.Equal(ours.Keys, theirs.Keys);
        Assert.All(ours, item => Assert.Equal(item.Value, theirs[item.Key]));

        static SortedDictionary<string, string> ByName(IEnumerable<YamlNode> items) =>
            new(items.ToDictionary(Manifests.NameOf, Manifests.Canonical), StringComparer.Ordinal);
    }
}
