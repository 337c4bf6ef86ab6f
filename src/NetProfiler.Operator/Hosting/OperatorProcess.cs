using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetProfiler.Cli;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Operator.Loops;
using NetProfiler.Telemetry;

namespace NetProfiler.Operator.Hosting;

/// <summary>The process around <see cref="OperatorServices"/>: from the command line to the exit code.</summary>
internal static partial class OperatorProcess
{
    public static string UserAgent => $"netprofiler-operator/{Version}";

    private static string Version { get; } =
        typeof(OperatorProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Until a signal; gives the exit code.</summary>
    public static async Task<int> ExecuteAsync(OperatorOptions options)
    {
        using var signals = new StopSignals();
        using var loggers = LoggerFactory.Create(logging => Configure(logging, options));
        try
        {
            using var host = Build(options, options.Cluster.Load(loggers));
            return await RunAsync(host, signals.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is KubernetesConfigurationException or EndpointUnavailableException)
        {
            await Console.Error.WriteLineAsync($"netprofiler-operator: {fault.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static IHost Build(OperatorOptions options, ClusterAccess access)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "netprofiler-operator" });
        Configure(builder.Logging, options);
        builder.Services.AddOperator(options, access);
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = LeaderWork.DrainTimeout + TimeSpan.FromSeconds(15));
        return builder.Build();
    }

    private static async Task<int> RunAsync(IHost host, CancellationToken stop)
    {
        var (log, election) = (host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("NetProfiler.Operator"), host.Services.GetRequiredService<ElectionService>());
        LogStarted(log, Version);
        await host.StartAsync(CancellationToken.None).ConfigureAwait(false);
        var asked = Task.Delay(Timeout.Infinite, stop);
        if (await Task.WhenAny(asked, election.Lost).ConfigureAwait(false) != asked) return ExitCode.Failed;

        await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        LogStopped(log);
        return ExitCode.Done;
    }

    private static void Configure(ILoggingBuilder logging, OperatorOptions options) => logging
        .SetMinimumLevel(options.LogLevel)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));

    [LoggerMessage(LogLevel.Information, "netprofiler-operator {Version} starts")]
    private static partial void LogStarted(ILogger log, string version);

    [LoggerMessage(LogLevel.Information, "Stopped")]
    private static partial void LogStopped(ILogger log);

    /// <summary>What a signal means is decided by <see cref="StopSignals"/>, not by the host.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
