using System.Diagnostics;
using NetProfiler.Capture.Tls;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Tls;

/// <summary>What every test of TLS needs.</summary>
internal static class TlsTests
{
    private const int LinksOfProcess = 3;

    /// <summary>Waits until the agent has probed these processes.</summary>
    public static async Task ProbedAsync(Agent agent, IReadOnlyCollection<int> processes)
    {
        var patience = Stopwatch.StartNew();
        while (processes.Any(process => BpfProbes.Between(agent.Id, process) < LinksOfProcess))
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(10), "the processes were not probed");
            await Task.Delay(10);
        }
    }

    public static void Require(params string[] programs)
    {
        Live.Require(programs);
        Skip.If(TlsSupport.Refusal is not null, TlsSupport.Refusal);
        Skip.If(Environment.OSVersion.Version < new Version(6, 16), "needs a kernel that tells which process a link probes");
    }
}
