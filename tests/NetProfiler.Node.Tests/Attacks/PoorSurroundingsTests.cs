using System.Diagnostics;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Attacks;

/// <summary>What a shell may take away is answered by one clear line.</summary>
public sealed class PoorSurroundingsTests
{
    [Theory]
    [InlineData("{0} check >&-", "netprofiler: output to standard output: it is closed; write to a file, or to /dev/null")]
    [InlineData("{0} --help >&-", "netprofiler: output to standard output: it is closed; write to a file, or to /dev/null")]
    public async Task A_closed_output_is_named(string command, string line) => Assert.Equal((1, line), await ShellAsync(command));

    [SkippableFact]
    public async Task Too_few_descriptors_are_named()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root");
        Assert.Equal(
            (1, "netprofiler: too many open files: raise the limit, for example by `ulimit -n 1024`"),
            await ShellAsync("ulimit -n 40; {0} run --port 9 --duration 1s --metrics-listen none --output none"));
    }

    private static async Task<(int Code, string Errors)> ShellAsync(string command)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var shell = Process.Start(new ProcessStartInfo("bash",
            ["-c", string.Format(null, command, Agent.Program)]) { RedirectStandardError = true })!;
        string errors = await shell.StandardError.ReadToEndAsync(patience.Token);
        await shell.WaitForExitAsync(patience.Token);
        return (shell.ExitCode, errors.TrimEnd());
    }
}
