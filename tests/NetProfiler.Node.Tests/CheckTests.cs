using System.Globalization;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary><c>netprofiler check</c>: a row for everything that profiling needs, or is better with.</summary>
[Collection(LiveCollection.Name)]
public sealed class CheckTests
{
    private const long MaxVerifiedInstructions = 800_000;

    [SkippableFact]
    public async Task It_tells_what_this_kernel_gives()
    {
        Live.Require();
        await using var process = ChildProcess.Start(Agent.Program, "check");
        int code = await process.WaitAsync();
        var rows = await process.Output;
        Assert.True(code == 0, string.Join('\n', rows));
        foreach (string name in new[]
                 {
                     "machine", "kernel", "BTF", "capabilities", "locked memory", "lockdown", "libbpf", "ring buffer", "raw tracepoints",
                     "typed pointers",
                     "cgroup v2", "processes", "programs", "verifier",
                 })
        {
            Assert.Contains(rows, row => row[3..].StartsWith(name + " ", StringComparison.Ordinal));
        }

        string release = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease")).Trim();
        Assert.Contains(rows, row => row.StartsWith("ok kernel", StringComparison.Ordinal)
            && row.Contains(release, StringComparison.Ordinal));
        Assert.Equal("This machine can be profiled.", rows[^1]);
    }

    [SkippableFact]
    public async Task It_tells_what_the_verifier_counted_and_that_is_far_from_its_limit()
    {
        Live.Require();
        await using var process = ChildProcess.Start(Agent.Program, "check");
        await process.WaitAsync();
        var rows = (await process.Output).Where(row => row.StartsWith("ok verifier", StringComparison.Ordinal)).ToList();
        Assert.Contains(rows, row => row.Contains("exit_call: ", StringComparison.Ordinal)
            || row.Contains("socket_sent: ", StringComparison.Ordinal));
        foreach (string row in rows)
        {
            string[] words = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.InRange(long.Parse(words[3], CultureInfo.InvariantCulture), 1, MaxVerifiedInstructions);
        }
    }

    [SkippableFact]
    public async Task The_root_of_a_user_namespace_lacks_rights_and_not_a_newer_kernel()
    {
        Live.Require("unshare");
        await using var process = ChildProcess.Start("unshare", "-U", "-r", Agent.Program, "check");
        Assert.Equal(3, await process.WaitAsync());
        var rows = await process.Output;
        Skip.If(rows.Count == 0, "user namespaces are not allowed");
        Assert.Contains(rows, row => row.TrimEnd() == "no capabilities  those of a user namespace, which bpf() does not accept");
        Assert.Contains(
            "capabilities: run outside the user namespace (unshare, a rootless container, hostUsers: false), as root of the machine or "
                + "with its capabilities BPF and PERFMON", rows);
        Assert.DoesNotContain(rows, row => row.Contains("or later", StringComparison.Ordinal));
        Assert.Equal("This machine cannot be profiled.", rows[^1]);
    }

    [SkippableFact]
    public async Task Without_proc_it_says_so()
    {
        Live.Require("unshare", "sh");
        await using var process = ChildProcess.Start("unshare", "-m", "sh", "-c", $"umount -l /proc && exec {Agent.Program} check");
        int code = await process.WaitAsync();
        Skip.If((await process.Errors).Any(line => line.Contains("CoreCLR", StringComparison.Ordinal)),
            "the framework's runtime does not start without /proc");
        Assert.Equal(3, code);
        Assert.Contains("/proc: mount it: mount -t proc proc /proc", await process.Output);
    }

    [SkippableFact]
    public async Task Without_capabilities_it_loads_nothing_and_says_what_to_do()
    {
        Live.Require("setpriv");
        await using var process = ChildProcess.Start("setpriv", "--bounding-set=-all", "--inh-caps=-all", Agent.Program, "check");
        Assert.Equal(3, await process.WaitAsync());
        var rows = await process.Output;
        Assert.Contains(rows, row => row.StartsWith("no capabilities", StringComparison.Ordinal));
        Assert.Contains("capabilities: run as root (sudo), or give the process the capabilities BPF and PERFMON", rows);
        Assert.DoesNotContain(rows, row => row.Contains("programs", StringComparison.Ordinal));
        Assert.Equal("This machine cannot be profiled.", rows[^1]);
    }
}
