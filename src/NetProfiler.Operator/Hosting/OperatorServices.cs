using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.LeaderElection;
using NetProfiler.Kubernetes.Reconciliation;
using NetProfiler.Operator.Loops;
using NetProfiler.Telemetry;
using Prometheus;

namespace NetProfiler.Operator.Hosting;

/// <summary>The services of the operator. Hosted services start in this order and stop in the reverse order.</summary>
internal static class OperatorServices
{
    public const string LeaseName = "netprofiler-operator";

    private static readonly ControllerOptions Workers = new() { MaxConcurrentReconciles = 4 };

    public static IServiceCollection AddOperator(this IServiceCollection services, OperatorOptions options, ClusterAccess access) =>
        services
        .AddSingleton(options)
        .AddSingleton(TimeProvider.System)
        .AddSingleton(SelfMetrics.CreateRegistry())
        .AddSingleton(new OperatorScope(options.Namespace ?? access.Namespace, options.WriteRate, options.Exporters, options.TasksPerNode,
            options.Limits))
        .AddApiServer(options, access)
        .AddElection(options, access)
        .AddWork()
        .AddSingleton<OperatorMetrics>()
        .AddHostedService<EndpointService>()
        .AddHostedService(provider => provider.GetRequiredService<ElectionService>()) // releases the lease last
        .AddHostedService<EventService>()
        .AddHostedService<InformerService>()
        .AddHostedService<ControllerService>();

    /// <summary>Adds all services that need only the registered client, scope, registry and clock.</summary>
    public static IServiceCollection AddWork(this IServiceCollection services)
    {
        services.AddSingleton<InformerSet>();
        services.AddSingleton(provider => provider.GetRequiredService<InformerSet>().Caches);
        services.AddSingleton(provider => provider.GetRequiredService<InformerSet>().Tasks);
        services.AddSingleton<ParticipatingNodes>();
        services.AddSingleton<Writes>();
        services.AddKubernetesOperator(settings => settings.Name = "netprofiler.dev/operator")
            .AddController<TaskController, NetworkProfilingTask>(LeaderWork.TaskLoop, Workers)
            .AddKeyController<NodeConfigController>(LeaderWork.NodeLoop, Workers);
        return services.AddSingleton<LeaderWork>();
    }

    private static IServiceCollection AddApiServer(this IServiceCollection services, OperatorOptions options, ClusterAccess access) =>
        services
        .AddSingleton(new ResourceJson(ApiJson.Default))
        .AddSingleton<IKubernetesClient>(provider => Client(
            provider, access, new() { UserAgent = OperatorProcess.UserAgent, RequestsPerSecond = options.WriteRate,
                Burst = 2 * options.WriteRate }));

    // With a client of its own, so that a renewal never waits behind other requests.
    private static IServiceCollection AddElection(this IServiceCollection services, OperatorOptions options, ClusterAccess access)
    {
        var election = new LeaderElectionOptions
        {
            LeaseNamespace = options.Namespace ?? access.Namespace,
            LeaseName = LeaseName,
            LeaseDuration = options.LeaseDuration,
            RenewDeadline = options.RenewDeadline,
            RetryPeriod = options.RetryPeriod,
        };
        services.AddKeyedSingleton(LeaseName, (provider, _) => Client(provider, access, election.ClientOptions(OperatorProcess.UserAgent)));
        services.AddSingleton(provider => new LeaderElector(
            provider.GetRequiredKeyedService<KubernetesClient>(LeaseName), election, provider.GetRequiredService<CollectorRegistry>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        return services.AddSingleton<ElectionService>();
    }

    private static KubernetesClient Client(IServiceProvider provider, ClusterAccess access, KubernetesClientOptions options) => new(
        access, provider.GetRequiredService<ResourceJson>(), options, provider.GetRequiredService<CollectorRegistry>(),
        provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>());
}
