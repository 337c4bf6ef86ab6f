using NetProfiler.Operator.Hosting;

namespace NetProfiler.Operator.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("--bogus")]
    [InlineData("--write-rate", "0")]
    [InlineData("--write-rate", "many")]
    [InlineData("--metrics-listen", "nowhere")]
    [InlineData("--lease-duration", "10", "--renew-deadline", "10")]
    [InlineData("--lease-duration", "1e30")]
    [InlineData("--lease-duration", "8640000", "--renew-deadline", "7000000", "--retry-period", "5000000")]
    [InlineData("--retry-period", "9")]
    [InlineData("--exporters", "/nonexistent/exporters.yaml", "--kubeconfig", "/nonexistent/config")]
    public async Task Wrong_usage_ends_with_2_before_a_cluster_is_asked(params string[] args) =>
        Assert.Equal(ExitCode.WrongUsage, await OperatorCommand.InvokeAsync(args));

    [Fact]
    public async Task A_kubeconfig_that_is_not_there_ends_with_1() =>
        Assert.Equal(ExitCode.Failed, await OperatorCommand.InvokeAsync(["--kubeconfig", "/nonexistent/config",
            "--metrics-listen", "none"]));
}
