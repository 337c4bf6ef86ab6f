using NetProfiler.EndToEnd.Tests.Support;

namespace NetProfiler.EndToEnd.Tests;

/// <summary>
/// What an agent's token is good for, and not. That it writes for its own node alone is an admission policy's affair, which the API server
/// of 1.20 does not know: see IsolationRulesTests of the cluster's tests.
/// </summary>
[Collection(WorldCollection.Name)]
public sealed class IsolationTests(World world)
{
    [SkippableTheory]
    [InlineData("patch", "networkprofilingtasks", "--subresource=status", "shop")]
    [InlineData("create", "networkprofilingtasks", "", "shop")]
    [InlineData("delete", "networkprofilingtasks", "", "shop")]
    [InlineData("get", "networkprofilingtasks", "", "shop")]
    [InlineData("create", "nodeprofilingconfigs", "", World.System)]
    [InlineData("delete", "nodeprofilingconfigs", "", World.System)]
    [InlineData("patch", "nodeprofilingconfigs", "", World.System)]
    [InlineData("update", "nodeprofilingconfigs", "--subresource=status", World.System)]
    [InlineData("patch", "nodeprofilingconfigs", "--subresource=status", "shop")]
    [InlineData("get", "secrets", "", World.System)]
    [InlineData("get", "pods", "", "shop")]
    [InlineData("create", "pods", "--subresource=exec", "shop")]
    public async Task An_agents_token_may_not(string verb, string resource, string part, string @namespace)
    {
        World.Require();
        Assert.Equal("no", await MayAgent(verb, resource, part, @namespace));
    }

    [SkippableTheory]
    [InlineData("watch", "nodeprofilingconfigs", "", World.System)]
    [InlineData("patch", "nodeprofilingconfigs", "--subresource=status", World.System)]
    [InlineData("list", "pods", "", "shop")]
    public async Task But_it_may(string verb, string resource, string part, string @namespace)
    {
        World.Require();
        Assert.Equal("yes", await MayAgent(verb, resource, part, @namespace));
    }

    [SkippableFact]
    public async Task The_token_that_is_in_the_agents_pod_is_refused_too()
    {
        World.Require();
        var pod = (await Agents.Pods(world))["node1"];
        var token = await world.Kubectl("-n", World.System, "exec", Agents.NameOf(pod), "--", "cat",
            "/var/run/secrets/kubernetes.io/serviceaccount/token");
        var answer = await world.TryKubectl("--token", token.Trim(), "-n", "shop", "delete", "networkprofilingtask", "any");
        Assert.NotEqual(0, answer.ExitCode);
        Assert.Contains("system:serviceaccount:netprofiler-system:netprofiler-agent\" cannot delete", answer.Error);
    }

    private async Task<string> MayAgent(string verb, string resource, string part, string @namespace) =>
        (await world.TryKubectl(["auth", "can-i", verb,
            $"{resource}.{(resource.Contains("profiling", StringComparison.Ordinal) ? "netprofiler.dev" : "")}".TrimEnd('.'),
            .. part.Length > 0 ? [part] : Array.Empty<string>(), "-n", @namespace, "--as",
            $"system:serviceaccount:{World.System}:netprofiler-agent"])).Output.Trim();
}
