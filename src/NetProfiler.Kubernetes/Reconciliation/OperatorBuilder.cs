using System.Diagnostics.CodeAnalysis;
using NetProfiler.Kubernetes.Configuration;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Events;
using NetProfiler.Kubernetes.Informers;
using Prometheus;

namespace NetProfiler.Kubernetes.Reconciliation;

/// <summary>
/// Registers the components of an operator under the names of KubeOps. A client, informers, a registry and a clock must be registered too.
/// </summary>
public static class OperatorRegistration
{
    public static OperatorBuilder AddKubernetesOperator(this IServiceCollection services, Action<OperatorSettings>? configure = null)
    {
        var settings = new OperatorSettings();
        configure?.Invoke(settings);
        services.AddSingleton(settings);
        services.AddSingleton(provider => new EventRecorder(
            provider.GetRequiredService<IKubernetesClient>(), settings, provider.GetRequiredService<CollectorRegistry>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<EventPublisher>(provider => provider.GetRequiredService<EventRecorder>().PublishAsync);
        return new OperatorBuilder(services);
    }
}

public sealed class OperatorBuilder(IServiceCollection services)
{
    /// <summary>Adds a controller for the objects of one kind; it is called for each change of one.</summary>
    /// <param name="name">Name in metrics and logs, and key of its <see cref="Controller"/>.</param>
    public OperatorBuilder AddController<[DynamicallyAccessedMembers(
        DynamicallyAccessedMemberTypes.PublicConstructors)] TController, TEntity>(
        string name, ControllerOptions options)
        where TController : class, IEntityController<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        services.AddSingleton<TController>();
        return Add(name, options, provider =>
            new EntityReconciler<TEntity>(provider.GetRequiredService<TController>(), provider.GetRequiredService<Informer<TEntity>>()));
    }

    /// <summary>Adds a controller for keys that do not belong to one kind; KubeOps does not have this.</summary>
    public OperatorBuilder AddKeyController<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TController>(
        string name, ControllerOptions options)
        where TController : class, IKeyController
    {
        services.AddSingleton<TController>();
        return Add(name, options, provider => provider.GetRequiredService<TController>());
    }

    private OperatorBuilder Add(string name, ControllerOptions options, Func<IServiceProvider, IKeyController> create)
    {
        services.AddKeyedSingleton(name, (provider, _) => new Controller(
            name, create(provider), options, provider.GetRequiredService<CollectorRegistry>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => provider.GetRequiredKeyedService<Controller>(name));
        return this;
    }
}
