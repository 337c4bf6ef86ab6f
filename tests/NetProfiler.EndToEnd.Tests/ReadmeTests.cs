using System.Text.RegularExpressions;
using NetProfiler.Cluster.Tests.Support;
using NetProfiler.EndToEnd.Tests.Support;

namespace NetProfiler.EndToEnd.Tests;

/// <summary>What the README's section "In a cluster" tells a user to paste, as it is. Only the deadline of the task is shorter.</summary>
[Collection(WorldCollection.Name)]
public sealed partial class ReadmeTests(World world)
{
    private const string Deadline = "activeDeadlineSeconds: 600", ShortDeadline = "activeDeadlineSeconds: 30";

    [SkippableFact]
    public async Task The_first_task_is_applied_shown_and_completed()
    {
        World.Require();
        string block = Blocks().Single(text => text.Contains("kubectl apply -f profiling-task.yaml", StringComparison.Ordinal));
        Assert.Contains(Deadline, block, StringComparison.Ordinal);
        string folder = Directory.CreateTempSubdirectory("netprofiler-readme").FullName;
        try
        {
            var shell = Tool.Run("bash", ["-euc", $"cd {folder}\n{block.Replace(Deadline, ShortDeadline, StringComparison.Ordinal)}"],
                environment: world.Environment);
            await world.Visit(0, 100);
            string output = (await shell).Succeeded;
            Assert.Contains("networkprofilingtask.netprofiler.dev/cart-slow created", output, StringComparison.Ordinal);
            Assert.Matches(@"(?m)^NAME +PHASE .*REASON", output);
            Assert.Contains("networkprofilingtask.netprofiler.dev/cart-slow condition met", output, StringComparison.Ordinal);
        }
        finally
        {
            _ = await world.TryKubectl("-n", "shop", "delete", "networkprofilingtask", "cart-slow", "--ignore-not-found");
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The indented blocks of the section, as a user copies them.</summary>
    private static IEnumerable<string> Blocks()
    {
        string readme = File.ReadAllText(Repository.At("README.md"));
        string section = readme[readme.IndexOf("\n## In a cluster\n", StringComparison.Ordinal)..];
        section = section[..section.IndexOf("\n## ", 1, StringComparison.Ordinal)];
        return Block().Matches(section).Select(match => Indentation().Replace(match.Value, ""));
    }

    [GeneratedRegex(@"(?:^    .*\n(?:\n(?=    ))?)+", RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex("^    ", RegexOptions.Multiline)]
    private static partial Regex Indentation();
}
