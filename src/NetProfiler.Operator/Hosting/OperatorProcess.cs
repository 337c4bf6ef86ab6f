using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetProfiler.Cli;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Operator.Loops;
using NetProfiler.Telemetry;

namespace NetProfiler.Operator.Hosting;

/// <summary>The process around <see cref="OperatorServices"/>, from the command line to the exit code.</summary>
internal static partial class OperatorProcess
{
    public static string UserAgent => $"netprofiler-operator/{ProductVersion.Text}";

    /// <summary>Runs until a signal; returns the exit code.</summary>
    public static async Task<int> ExecuteAsync(OperatorOptions options)
    {
        using var loggers = LoggerFactory.Create(logging => JsonLogging.Configure(logging, options.LogLevel));
        try
        {
            using var host = Build(options, options.Cluster.Load(loggers));
            return await RunAsync(host).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is KubernetesConfigurationException or EndpointUnavailableException)
        {
            await StandardError.WriteLineAsync($"netprofiler-operator: {fault.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static IHost Build(OperatorOptions options, ClusterAccess access)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "netprofiler-operator" });
        JsonLogging.Configure(builder.Logging, options.LogLevel);
        builder.Services.AddOperator(options, access);
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, SignalLifetime>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = LeaderWork.DrainTimeout + TimeSpan.FromSeconds(15));
        return builder.Build();
    }

    private static async Task<int> RunAsync(IHost host)
    {
        var (log, election) = (host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("NetProfiler.Operator"),
            host.Services.GetRequiredService<ElectionService>());
        LogStarted(log, ProductVersion.Text);
        await host.StartAsync().ConfigureAwait(false);
        var shutdown = host.WaitForShutdownAsync();
        // Another process may lead already: end without further writes, and without an orderly stop.
        if (await Task.WhenAny(shutdown, election.Lost).ConfigureAwait(false) != shutdown) return ExitCode.Failed;

        await shutdown.ConfigureAwait(false);
        LogStopped(log);
        return host.HasFailed() ? ExitCode.Failed : ExitCode.Done;
    }

    [LoggerMessage(LogLevel.Information, "Starting netprofiler-operator {Version}")]
    private static partial void LogStarted(ILogger log, string version);

    [LoggerMessage(LogLevel.Information, "Stopped")]
    private static partial void LogStopped(ILogger log);
}
