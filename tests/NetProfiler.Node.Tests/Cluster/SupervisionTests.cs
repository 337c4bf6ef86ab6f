using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NetProfiler.Cli;

namespace NetProfiler.Node.Tests.Cluster;

public sealed class SupervisionTests
{
    [Fact]
    public async Task A_background_service_that_fails_stops_the_host_and_those_started_after_it_stop_first()
    {
        var stopped = new List<string>();
        var failure = new TaskCompletionSource();
        var (first, last) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var host = HostOf(Until("first", stopped, first), new SupervisedService(_ => failure.Task), Until("last", stopped, last));
        await host.StartAsync();
        await Task.WhenAll(first.Task, last.Task).WaitAsync(TimeSpan.FromSeconds(20));

        failure.SetException(new InvalidOperationException("the work cannot go on"));
        await host.WaitForShutdownAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.True(host.HasFailed());
        Assert.Equal(["last", "first"], stopped);
    }

    [Fact]
    public async Task A_host_that_is_asked_to_stop_has_not_failed()
    {
        var stopped = new List<string>();
        var started = new TaskCompletionSource();
        using var host = HostOf(Until("only", stopped, started));
        await host.StartAsync();
        await started.Task.WaitAsync(TimeSpan.FromSeconds(20));

        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await host.WaitForShutdownAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.False(host.HasFailed());
        Assert.Equal(["only"], stopped);
    }

    private static SupervisedService Until(string name, List<string> stopped, TaskCompletionSource started) => new(async stoppingToken =>
    {
        started.SetResult();
        await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (stopped) stopped.Add(name);
    });

    private static IHost HostOf(params SupervisedService[] services)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { DisableDefaults = true });
        foreach (var service in services) builder.Services.AddSingleton<IHostedService>(service);
        return builder.Build();
    }
}
