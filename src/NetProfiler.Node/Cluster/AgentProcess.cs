using System.Reflection;
using Microsoft.Extensions.Logging;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Cli;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Node.Metrics;
using NetProfiler.Node.Report;
using NetProfiler.Node.Run;
using NetProfiler.Node.Samples;
using NetProfiler.Telemetry;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// The process around an agent. Begins with the endpoints, then the watches, then the work; ends the other way round: capture first, then the
/// last status, the samples that wait, and the endpoints.
/// </summary>
internal static partial class AgentProcess
{
    /// <summary>For the last status, when the API server is away. Within the pod's termination grace period with what the samples get.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(5);

    private const int TopN = 1; // the agent's own lists are for nobody

    /// <summary>Until a signal; gives the exit code.</summary>
    public static async Task<int> ExecuteAsync(AgentSettings settings)
    {
        using var signals = new StopSignals();
        using var loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(settings.LogLevel)
            .AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'")));

        try
        {
            var configuration = settings.Cluster.Load(loggers);
            await WarmUp.RunAsync(new ReportSettings([ProfilingPlan.Default], ListenAddress.None, OutputMode.None, PrintMode.Samples, SampleSettings.Nowhere)).ConfigureAwait(false);
            await RunAsync(settings, configuration, loggers, signals.Token).ConfigureAwait(false);
            return ExitCode.Done;
        }
        catch (Exception fault) when (fault is KubernetesConfigurationException or EndpointUnavailableException)
        {
            await Console.Error.WriteLineAsync($"netprofiler: {fault.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static async Task RunAsync(AgentSettings settings, ClusterAccess cluster, ILoggerFactory loggers, CancellationToken stop)
    {
        var (metrics, time, logger) = (new MetricsRegistry(), TimeProvider.System, loggers.CreateLogger("NetProfiler.Node"));
        var agent = new NodeAgent { Version = Version, KernelRelease = await KernelReleaseAsync().ConfigureAwait(false) };
        using var client = new KubernetesClient(cluster, new(ApiJson.Default), new() { UserAgent = $"netprofiler-agent/{Version}" }, metrics, time, loggers);

        var directory = new NodeDirectory(settings.HostProc);
        var cgroups = new ContainerCgroups(settings.HostCgroup);
        metrics.Gauge("netprofiler_agent_addresses", "Addresses of pods and services that are known.").Observe(() => directory.Addresses);
        metrics.Gauge("netprofiler_agent_cgroups_cut", "1: the node has more control groups than are looked at.").Observe(() => cgroups.IsCut ? 1 : 0);

        using var samples = new SampleStore(metrics);
        await using var outlets = SampleOutlets.ToCollectors(settings.Collectors, settings.Exporters, samples.AddAsync);
        var observer = new ExchangeObserver([], TaskLimits.MaxSeries, TopN, printer: null, outlets);
        var kernel = new SwitchedKernel();
        var pipeline = new ExchangePipeline(observer, kernel, new CaptureStatistics(), directory: directory);
        observer.Observe(pipeline);
        using var loop = new AgentLoop(pipeline, observer, kernel);
        using var capture = new NodeCapture(settings.Capture, loop, new CapturedContainers(cgroups, directory, time), time, logger);
        var core = new AgentCore(
            client, settings.NodeName, settings.Namespace ?? cluster.Namespace, agent, settings.Exporters, capture, loop, observer, kernel, samples, metrics, time, loggers);
        var parties = settings.ResolvePeers ? new ClusterParties(client, directory, metrics, time, loggers) : null;

        using var access = new SampleAccess(client, time);
        var requests = new SampleRequests(samples, access, metrics);
        var registry = SelfMetrics.CreateRegistry();
        var counters = new ProfilerCounters(registry, kernel, pipeline, observer);
        counters.AddSamples(observer, lines: null, outlets);
        var exposition = new AgentMetrics(loop, new ProfilerMetrics(observer, counters), core, metrics);
        await using var endpoint = settings.Listen.EndPoint is { } address
            ? new MetricsEndpoint(address, exposition.CollectAsync, registry)
            {
                LivenessFault = () => core.LivenessFault ?? (parties is { IsHealthy: false } ? "hanging: pods, services or their owners" : null),
                ReadinessFault = () => stop.IsCancellationRequested ? "stopping" : core.ReadinessFault,
                Others = context => context.Request.Path.StartsWithSegments("/samples", StringComparison.Ordinal) && context.Request.Path.Value!.Length > SampleRequests.Prefix.Length
                    ? requests.HandleAsync(context)
                    : null,
            }
            : null;
        if (endpoint is not null) await endpoint.StartAsync(stop).ConfigureAwait(false);

        LogStarted(logger, Version, settings.NodeName);
        loop.Start();
        using var end = new CancellationTokenSource();
        var resolving = parties?.RunAsync(end.Token) ?? Task.CompletedTask;
        try
        {
            await core.RunAsync(LastWord, stop).ConfigureAwait(false);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await resolving.ConfigureAwait(false);
            if (!loop.Ended.IsCompleted) await loop.StopAsync().ConfigureAwait(false);
        }

        await outlets.DrainAsync().ConfigureAwait(false);
        LogStopped(logger);
    }

    private static string Version { get; } =
        typeof(AgentProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private static async Task<string> KernelReleaseAsync() => (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease").ConfigureAwait(false)).Trim();

    [LoggerMessage(LogLevel.Information, "netprofiler {Version} is the agent of node {Node}")]
    private static partial void LogStarted(ILogger logger, string version, string node);

    [LoggerMessage(LogLevel.Information, "Stopped")]
    private static partial void LogStopped(ILogger logger);
}
