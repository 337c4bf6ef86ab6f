using NetProfiler.Cluster.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Cluster.Tests;

/// <summary>config/ as kustomize writes it out. No cluster is asked.</summary>
public sealed class ManifestTests
{
    private static readonly Lazy<Task<IReadOnlyList<YamlNode>>> Default = new(() => Manifests.Kustomize("default"));

    [SkippableFact]
    public async Task Everything_that_a_cluster_needs_is_in_it()
    {
        var objects = (await All()).Select(item => $"{item.Text("kind")}/{item.Text("metadata.name")}").Order(StringComparer.Ordinal);
        Golden.Equal("golden/default-objects.txt", string.Join('\n', objects) + "\n");
    }

    [SkippableFact]
    public async Task Whatever_has_a_namespace_is_in_the_operators()
    {
        string[] clusterWide =
            ["Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy",
                "ValidatingAdmissionPolicyBinding", "PriorityClass"];
        Assert.All(await All(), item =>
            Assert.Equal(clusterWide.Contains(item.Text("kind")) ? null : TestCluster.SystemNamespace, item.Text("metadata.namespace")));
    }

    [SkippableFact]
    public async Task The_custom_resource_definitions_are_those_of_crds()
    {
        var installed = (await All()).Where(item => item.Text("kind") == "CustomResourceDefinition")
            .Select(item => item.Text("metadata.name"));
        var files = Directory.GetFiles(Repository.At("crds"), "netprofiler.dev_*.yaml")
            .Select(path => Path.GetFileNameWithoutExtension(path).Split('_'));
        Assert.Equal(files.Select(name => $"{name[1]}.{name[0]}").Order(), installed.Order());
    }

    [SkippableFact]
    public async Task The_operator_keeps_to_the_restricted_profile()
    {
        var pod = (await Single("Deployment")).Find("spec.template.spec")!;
        Assert.Equal(("true", "RuntimeDefault"),
            (pod.Text("securityContext.runAsNonRoot"), pod.Text("securityContext.seccompProfile.type")));
        Assert.All(new[] { "hostNetwork", "hostPID", "hostIPC" }, field => Assert.Null(pod.Find(field)));
        Assert.Equal(["netprofiler-exporters", "netprofiler-limits"], pod.List("volumes").Select(volume => volume.Text("configMap.name")));

        Assert.All(pod.List("containers"), container =>
        {
            var security = container.Find("securityContext")!;
            Assert.Equal(("false", "true"), (security.Text("allowPrivilegeEscalation"), security.Text("readOnlyRootFilesystem")));
            Assert.Equal(["ALL"], security.Texts("capabilities.drop"));
            Assert.Null(security.Find("capabilities.add"));
            Assert.NotNull(container.Find("resources.limits.memory"));
        });
    }

    [SkippableFact]
    public async Task The_agent_has_four_capabilities_and_no_other_power()
    {
        var pod = (await Single("DaemonSet")).Find("spec.template.spec")!;
        var container = Assert.Single(pod.List("containers"));
        var security = container.Find("securityContext")!;

        Assert.Equal(("false", "false", "true"),
            (security.Text("privileged"), security.Text("allowPrivilegeEscalation"), security.Text("readOnlyRootFilesystem")));
        Assert.Equal(["ALL"], security.Texts("capabilities.drop"));
        Assert.Equal(["BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH"], security.Texts("capabilities.add"));
        Assert.Equal("RuntimeDefault", security.Text("seccompProfile.type"));
        Assert.Equal(("true", null, null), (pod.Text("hostPID"), pod.Text("hostNetwork"), pod.Text("hostIPC")));
        Assert.All(container.List("volumeMounts"), mount => Assert.Equal("true", mount.Text("readOnly")));
        Assert.Equal(
            ["/sys/fs/cgroup", "/sys/kernel/tracing", "netprofiler-exporters"],
            pod.List("volumes").Select(volume => volume.Text("hostPath.path") ?? volume.Text("configMap.name")));
        Assert.NotNull(container.Find("resources.limits.memory"));
    }

    [SkippableFact]
    public async Task Two_replicas_are_probed_and_one_is_always_there()
    {
        var deployment = await Single("Deployment");
        var container = Assert.Single(deployment.List("spec.template.spec.containers"));

        Assert.Equal("2", deployment.Text("spec.replicas"));
        Assert.Equal(("/healthz", "/readyz"),
            (container.Text("livenessProbe.httpGet.path"), container.Text("readinessProbe.httpGet.path")));
        Assert.Equal("1", (await Single("PodDisruptionBudget")).Text("spec.maxUnavailable"));
    }

    [SkippableFact]
    public async Task Every_selector_means_the_operators_pods()
    {
        var deployment = await Single("Deployment");
        var labels = deployment.Map("spec.template.metadata.labels");
        var selectors = new[]
        {
            deployment.Map("spec.selector.matchLabels"),
            (await Single("PodDisruptionBudget")).Map("spec.selector.matchLabels"),
            (await Single("Service")).Map("spec.selector"),
        };

        Assert.All(selectors, selector => Assert.True(selector.Count > 0
            && selector.All(label => labels.GetValueOrDefault(label.Key) == label.Value)));
    }

    [SkippableFact]
    public async Task Every_binding_binds_a_role_and_a_subject_that_exist()
    {
        var names = (await All()).Select(item => $"{item.Text("kind")}/{item.Text("metadata.name")}").ToHashSet();
        var bindings = (await All()).Where(item => item.Text("kind") is "RoleBinding" or "ClusterRoleBinding").ToList();

        Assert.All(bindings, binding => Assert.Contains($"{binding.Text("roleRef.kind")}/{binding.Text("roleRef.name")}", names));
        Assert.All(bindings.SelectMany(binding => binding.List("subjects")), subject =>
        {
            Assert.Contains($"{subject.Text("kind")}/{subject.Text("name")}", names);
            Assert.Equal(TestCluster.SystemNamespace, subject.Text("namespace"));
        });
        Assert.Contains($"ServiceAccount/{(await Single("Deployment")).Text("spec.template.spec.serviceAccountName")}", names);
        Assert.Contains($"ServiceAccount/{(await Single("DaemonSet")).Text("spec.template.spec.serviceAccountName")}", names);
    }

    [SkippableFact]
    public async Task No_role_grants_what_it_does_not_name()
    {
        var rules = (await All()).Where(item => item.Text("kind") is "Role" or "ClusterRole").SelectMany(role => role.List("rules"));
        Assert.All(rules, rule => Assert.DoesNotContain("*",
            rule.Texts("apiGroups").Concat(rule.Texts("resources")).Concat(rule.Texts("verbs"))));
    }

    [SkippableFact]
    public async Task Making_a_task_is_part_of_no_role_of_Kubernetes()
    {
        var profiler = (await All()).Single(item => item.Text("metadata.name") == "netprofiler-profiler");
        var viewer = (await All()).Single(item => item.Text("metadata.name") == "netprofiler-viewer");

        Assert.DoesNotContain(profiler.Map("metadata.labels"), label => label.Key.Contains("aggregate", StringComparison.Ordinal));
        Assert.Equal("true", viewer.Map("metadata.labels")["rbac.authorization.k8s.io/aggregate-to-view"]);
        Assert.Equal(["get", "list", "watch"], Assert.Single(viewer.List("rules")).Texts("verbs"));
    }

    [SkippableFact]
    public async Task Node_isolation_covers_the_configuration_and_its_status_whatever_is_done_to_them()
    {
        var policy = await Single("ValidatingAdmissionPolicy");
        var rule = Assert.Single(policy.List("spec.matchConstraints.resourceRules"));
        var binding = await Single("ValidatingAdmissionPolicyBinding");

        Assert.Equal(["nodeprofilingconfigs", "nodeprofilingconfigs/status"], rule.Texts("resources"));
        Assert.Equal(["CREATE", "UPDATE", "DELETE"], rule.Texts("operations"));
        Assert.Equal(["netprofiler.dev"], rule.Texts("apiGroups"));
        Assert.Equal(["Deny"], binding.Texts("spec.validationActions"));
        Assert.Equal(("Fail", policy.Text("metadata.name")), (policy.Text("spec.failurePolicy"), binding.Text("spec.policyName")));
    }

    [SkippableFact]
    public async Task The_agents_are_those_whom_node_isolation_means()
    {
        var condition = Assert.Single((await Single("ValidatingAdmissionPolicy")).List("spec.matchConditions")).Text("expression");
        var agent = (await All()).Single(item => item.Text("kind") == "RoleBinding" && item.Text("metadata.name") == "netprofiler-agent");
        Assert.Contains($":{Assert.Single(agent.List("subjects")).Text("name")}'", condition);
    }

    [SkippableFact]
    public async Task The_samples_are_tasks_and_one_is_that_of_the_docs()
    {
        var samples = await Manifests.Kustomize("samples");
        Assert.All(samples, sample => Assert.Equal("NetworkProfilingTask", sample.Text("kind")));
        Assert.Contains(samples, sample => sample.Text("metadata.name") == "cart-slow" && sample.Text("metadata.namespace") == "shop");
    }

    private static async Task<IReadOnlyList<YamlNode>> All() => await Default.Value;

    private static async Task<YamlNode> Single(string kind) => (await All()).Single(item => item.Text("kind") == kind);
}
