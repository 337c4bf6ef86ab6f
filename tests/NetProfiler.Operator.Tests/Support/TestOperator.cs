using Microsoft.Extensions.DependencyInjection;
using NetProfiler.Api.Exporters;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Operator.Hosting;
using NetProfiler.Operator.Limits;
using NetProfiler.Operator.Loops;
using NetProfiler.Operator.Places;
using Prometheus;

namespace NetProfiler.Operator.Tests.Support;

/// <summary>The operator's composition over another client, without a process.</summary>
internal static class TestOperator
{
    public static ServiceProvider Over(IKubernetesClient client, string @namespace, int writesPerSecond) => new ServiceCollection()
        .AddLogging()
        .AddSingleton(client)
        .AddSingleton(new OperatorScope(@namespace, writesPerSecond, NamedExporters.None, NodeLimits.DefaultCapturingTasks,
            ClusterLimits.None))
        .AddSingleton(Metrics.NewCustomRegistry())
        .AddSingleton(TimeProvider.System)
        .AddWork()
        .BuildServiceProvider();
}
