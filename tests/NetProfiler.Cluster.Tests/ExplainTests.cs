using NetProfiler.Cluster.Tests.Support;

namespace NetProfiler.Cluster.Tests;

/// <summary>What kubectl tells about the kinds, before there is any object of them.</summary>
[Collection(ClusterCollection.Name)]
public sealed class ExplainTests(TestCluster cluster)
{
    [SkippableTheory]
    [InlineData("networkprofilingtasks")]
    [InlineData("networkprofilingtasks.spec")]
    [InlineData("networkprofilingtasks.spec.targets")]
    [InlineData("networkprofilingtasks.spec.sampling.rules")]
    [InlineData("networkprofilingtasks.status")]
    [InlineData("nodeprofilingconfigs.spec.tasks")]
    public async Task Kubectl_explains(string path)
    {
        cluster.Require();
        var text = (await cluster.Kubectl("explain", path)).Succeeded;
        // Versions of kubectl differ in blanks and in the order of their headings; what was written by us they print alike.
        Golden.Equal($"golden/explain/{path}.txt", string.Join('\n', text.Split('\n').Select(line => line.TrimEnd())).TrimEnd() + "\n");
    }

    [SkippableFact]
    public async Task Every_field_is_explained_in_words()
    {
        cluster.Require();
        foreach (var kind in new[] { "networkprofilingtasks", "nodeprofilingconfigs" })
            Assert.DoesNotContain("<no description>", (await cluster.Kubectl("explain", $"{kind}.spec")).Succeeded,
                StringComparison.OrdinalIgnoreCase);
    }

    [SkippableTheory]
    [InlineData("nptask")]
    [InlineData("networkprofilingtask")]
    [InlineData("profiling")]
    public async Task A_task_is_found_by_its_short_name_and_its_category(string name)
    {
        cluster.Require();
        Assert.Equal(0, (await cluster.Kubectl("get", name, "--namespace", "default")).ExitCode);
    }
}
