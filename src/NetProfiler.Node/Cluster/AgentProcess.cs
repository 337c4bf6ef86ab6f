using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetProfiler.Cli;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Cluster;

/// <summary>The agent's process, from its settings to its exit code.</summary>
internal static partial class AgentProcess
{
    /// <summary>The last status and the queued samples have five seconds each; the pod's termination grace period is 15 s.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(14);

    /// <summary>Runs until a signal, or until a background service fails; returns the exit code.</summary>
    public static async Task<int> ExecuteAsync(AgentSettings settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { DisableDefaults = true });
        JsonLogging.Configure(builder.Logging, settings.LogLevel);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>();

        try
        {
            using var loggers = LoggerFactory.Create(logging => JsonLogging.Configure(logging, settings.LogLevel));
            builder.Services.AddAgent(settings, settings.Cluster.Load(loggers));
            return await RunAsync(builder.Build(), settings).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is KubernetesConfigurationException or EndpointUnavailableException)
        {
            await StandardError.WriteLineAsync($"netprofiler: {fault.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static async Task<int> RunAsync(IHost host, AgentSettings settings)
    {
        await using var disposed = (IAsyncDisposable)host;
        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("NetProfiler.Node");
        LogStarting(logger, ProductVersion.Text, settings.NodeName);
        await host.StartAsync().ConfigureAwait(false);
        await host.WaitForShutdownAsync().ConfigureAwait(false);
        LogStopped(logger);
        return host.HasFailed() ? ExitCode.Failed : ExitCode.Done;
    }

    [LoggerMessage(LogLevel.Information, "Starting the agent of node {Node}, netprofiler {Version}")]
    private static partial void LogStarting(ILogger logger, string version, string node);

    [LoggerMessage(LogLevel.Information, "Stopped")]
    private static partial void LogStopped(ILogger logger);
}
