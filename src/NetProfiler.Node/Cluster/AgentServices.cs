using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Cli;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Node.Exchanges;
using NetProfiler.Node.Metrics;
using NetProfiler.Node.Samples;
using NetProfiler.Telemetry;
using Prometheus;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// The composition of the agent's process. Services start in the order of <see cref="AddBackground"/>, and stop in the reverse order.
/// </summary>
internal static class AgentServices
{
    // Top lists belong to tasks; the observer's own lists are not used.
    private const int UnusedTopN = 1;

    public static IServiceCollection AddAgent(this IServiceCollection services, AgentSettings settings, ClusterAccess cluster) => services
        .AddSingleton(settings)
        .AddSingleton(settings.Exporters)
        .AddSingleton(cluster)
        .AddSingleton(TimeProvider.System)
        .AddApiServer()
        .AddSamples()
        .AddCapture()
        .AddReconciliation()
        .AddMetrics()
        .AddBackground();

    private static IServiceCollection AddApiServer(this IServiceCollection services) => services
        .AddSingleton<IKubernetesClient>(provider => new KubernetesClient(
            provider.GetRequiredService<ClusterAccess>(), new(ApiJson.Default),
            new() { UserAgent = $"netprofiler-agent/{ProductVersion.Text}" },
            provider.GetRequiredService<CollectorRegistry>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()))
        .AddSingleton(NodeOf)
        .AddSingleton<NodeConfigWatch>()
        .AddSingleton<ClusterParties>();

    private static IServiceCollection AddSamples(this IServiceCollection services) => services
        .AddSingleton<SampleStore>()
        .AddSingleton<SampleAccess>()
        .AddSingleton<SampleRequests>()
        .AddSingleton<TaskExporters>()
        .AddSingleton<CollectorLog>()
        .AddSingleton(provider => SampleOutlets.ToCollectors(
            provider.GetRequiredService<AgentSettings>().Collectors, provider.GetRequiredService<AgentSettings>().Exporters,
            provider.GetRequiredService<SampleStore>().AddAsync));

    private static IServiceCollection AddCapture(this IServiceCollection services) => services
        .AddSingleton(provider => new NodeDirectory(provider.GetRequiredService<AgentSettings>().HostProc))
        .AddSingleton(provider => new ContainerCgroups(provider.GetRequiredService<AgentSettings>().HostCgroup))
        .AddSingleton<AgentSurroundings>()
        .AddSingleton<CapturedContainers>()
        .AddSingleton<SwitchedKernel>()
        .AddSingleton(provider => new ExchangeObserver([], TaskLimits.MaxSeries, UnusedTopN, printer: null,
            provider.GetRequiredService<SampleOutlets>()) 
            {
                NodeName = provider.GetRequiredService<AgentSettings>().NodeName,
                NamesPods = provider.GetRequiredService<AgentSettings>().NamesPods,
            })
        .AddSingleton(PipelineOf)
        .AddSingleton<AgentLoop>()
        .AddSingleton(provider => provider.GetRequiredService<AgentSettings>().Capture)
        .AddSingleton<NodeCapture>();

    private static IServiceCollection AddReconciliation(this IServiceCollection services) => services
        .AddSingleton<NodeTasks>()
        .AddSingleton<CaptureCoordinator>()
        .AddSingleton<NodeStatusBuilder>()
        .AddSingleton<NodeStatusWriter>()
        .AddSingleton<NodeReporter>()
        .AddSingleton<ReconcileLoop>();

    private static IServiceCollection AddMetrics(this IServiceCollection services) => services
        .AddSingleton(SelfMetrics.CreateRegistry())
        .AddSingleton(CountersOf)
        .AddSingleton<ProfilerMetrics>()
        .AddSingleton<AgentMetrics>()
        .AddSingleton<AgentHealth>()
        .AddSingleton<AgentEndpoint>();

    private static IServiceCollection AddBackground(this IServiceCollection services) => services
        .AddSingleton<IHostedService>(provider => provider.GetRequiredService<AgentEndpoint>())
        .AddSingleton<IHostedService, SampleDrain>()
        .AddBackground<AgentLoop>((loop, stoppingToken) => loop.RunAsync(stoppingToken))
        .AddBackground<ClusterParties>((parties, stoppingToken) => parties.RunAsync(stoppingToken), settings => settings.ResolvePeers)
        .AddBackground<NodeConfigWatch>((configs, stoppingToken) => configs.RunAsync(stoppingToken))
        .AddBackground<CollectorLog>((log, stoppingToken) => log.RunAsync(stoppingToken))
        .AddBackground<NodeStatusWriter>((writer, stoppingToken) => writer.RunAsync(stoppingToken))
        .AddBackground<ReconcileLoop>((loop, stoppingToken) => loop.RunAsync(stoppingToken));

    // Supervised: a background service that fails stops the host, and the process ends with an error.
    private static IServiceCollection AddBackground<TService>(
        this IServiceCollection services, Func<TService, CancellationToken, Task> run, Func<AgentSettings, bool>? isWanted = null)
        where TService : class =>
        services.AddSingleton<IHostedService>(provider => new SupervisedService(stoppingToken =>
            isWanted?.Invoke(provider.GetRequiredService<AgentSettings>()) == false
                ? Task.CompletedTask
                : run(provider.GetRequiredService<TService>(), stoppingToken)));

    private static NodeIdentity NodeOf(IServiceProvider provider)
    {
        var (settings, cluster) = (provider.GetRequiredService<AgentSettings>(), provider.GetRequiredService<ClusterAccess>());
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        return new(settings.NodeName, settings.Namespace ?? cluster.Namespace,
            new() { Version = ProductVersion.Text, KernelRelease = kernel });
    }

    private static ExchangePipeline PipelineOf(IServiceProvider provider)
    {
        var observer = provider.GetRequiredService<ExchangeObserver>();
        var pipeline = new ExchangePipeline(
            observer, provider.GetRequiredService<SwitchedKernel>(), new CaptureStatistics(),
            directory: provider.GetRequiredService<NodeDirectory>()) { ProfilerProcess = Environment.ProcessId };
        observer.Observe(pipeline);
        return pipeline;
    }

    private static ProfilerCounters CountersOf(IServiceProvider provider)
    {
        var observer = provider.GetRequiredService<ExchangeObserver>();
        var counters = new ProfilerCounters(
            provider.GetRequiredService<CollectorRegistry>(), provider.GetRequiredService<SwitchedKernel>(),
            provider.GetRequiredService<ExchangePipeline>(), observer);
        counters.AddSamples(observer, lines: null, provider.GetRequiredService<SampleOutlets>());
        return counters;
    }

    /// <summary>Sends the samples queued for collectors after capture has ended.</summary>
    private sealed class SampleDrain(SampleOutlets outlets) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => outlets.DrainAsync();
    }
}
