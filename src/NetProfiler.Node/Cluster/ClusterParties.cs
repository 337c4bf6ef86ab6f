using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Objects;
using Prometheus;
using k8s.Models;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Resolves addresses of the whole cluster to pods, by their owning workload, and services. Watches these objects, and keeps only names,
/// owners and addresses.
/// </summary>
internal sealed class ClusterParties
{
    /// <summary>Minimum pause between two updates of the addresses: a rollout changes many.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly Informer<PodRecord> _pods;
    private readonly Informer<V1Service> _services;
    private readonly Informer<V1ReplicaSet> _replicaSets;
    private readonly Informer<V1Job> _jobs;
    private readonly OwnerCaches _owners;
    private readonly NodeDirectory _directory;
    private volatile bool _isChanged = true;

    public ClusterParties(IKubernetesClient client, NodeDirectory directory, CollectorRegistry metrics, TimeProvider time,
        ILoggerFactory loggers)
    {
        _directory = directory;
        _pods = new(client, new() { Transform = Bare }, metrics, time, loggers);
        _services = new(client, new() { Transform = Bare }, metrics, time, loggers);
        _replicaSets = new(client, new() { Transform = set => new() { Metadata = set.Metadata.Identity } }, metrics, time, loggers);
        _jobs = new(client, new() { Transform = job => new() { Metadata = job.Metadata.Identity } }, metrics, time, loggers);
        _owners = new(_replicaSets.Lister, _jobs.Lister);
        _pods.AddHandler(_ => _isChanged = true);
        _services.AddHandler(_ => _isChanged = true);
        _replicaSets.AddHandler(_ => _isChanged = true);
        _jobs.AddHandler(_ => _isChanged = true);
    }

    public bool IsHealthy => _pods.IsHealthy && _services.IsHealthy && _replicaSets.IsHealthy && _jobs.IsHealthy;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var watching = Task.WhenAll(
            _pods.RunAsync(cancellation), _services.RunAsync(cancellation), _replicaSets.RunAsync(cancellation),
            _jobs.RunAsync(cancellation));
        while (!cancellation.IsCancellationRequested)
        {
            // With incomplete caches, one workload would appear as two: some pods by their owner, others by themselves.
            bool areKnown = _pods.HasSynced && _services.HasSynced && _replicaSets.HasSynced && _jobs.HasSynced;
            if (areKnown && _isChanged)
            {
                _isChanged = false;
                _directory.SetAddresses(Addresses());
            }

            await Task.Delay(Pause, cancellation)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
                .ConfigureAwait(false);
        }

        await watching.ConfigureAwait(false);
    }

    /// <summary>The party of a pod: its workload, if it has one.</summary>
    internal static Party PartyOf(PodRecord pod, IOwnerLookup owners) => PodOwners.WorkloadOf(pod.Metadata, owners) is { } workload
        ? new(PartyKind.Workload, pod.Metadata.NamespaceProperty, workload)
        : new(PartyKind.Pod, pod.Metadata.NamespaceProperty, pod.Metadata.Name);

    internal static IEnumerable<(EndpointKind, UInt128)> KeysOf(IEnumerable<string?> addresses)
    {
        foreach (string? text in addresses)
        {
            if (!IPAddress.TryParse(text, out var address)) continue; // such as "None"
            var endpoint = address.AddressFamily == AddressFamily.InterNetwork
                ? EndpointAddress.IPv4(address.GetAddressBytes(), 0)
                : EndpointAddress.IPv6(address.GetAddressBytes(), 0);
            yield return (endpoint.Kind, endpoint.Bits);
        }
    }

    private FrozenDictionary<(EndpointKind, UInt128), Party> Addresses()
    {
        var services = _services.Lister.List().SelectMany(service =>
            KeysOf([service.Spec.ClusterIP, .. service.Spec.ClusterIPs ?? []])
                .Select(key => (key, Party: new Party(PartyKind.Service, service.Metadata.NamespaceProperty, service.Metadata.Name))));

        // A pod that has ended may share its address with one that runs.
        var pods = _pods.Lister.List().Where(HasAddress)
            .SelectMany(pod => KeysOf(AddressesOf(pod)).Select(key => (key, Party: PartyOf(pod, _owners))));
        return services.Concat(pods).DistinctBy(one => one.key).ToFrozenDictionary(one => one.key, one => one.Party);
    }

    private static bool HasAddress(PodRecord pod) => pod.Spec.HostNetwork != true && pod.Status.Phase is not ("Succeeded" or "Failed");

    private static IEnumerable<string?> AddressesOf(PodRecord pod) =>
        (pod.Status.PodIPs ?? []).Select(one => one.IP).Prepend(pod.Status.PodIP);

    private static PodRecord Bare(PodRecord pod) => new()
    {
        Metadata = pod.Metadata.Identity,
        Spec = new() { HostNetwork = pod.Spec.HostNetwork },
        Status = new() { Phase = pod.Status.Phase, PodIP = pod.Status.PodIP, PodIPs = pod.Status.PodIPs },
    };

    private static V1Service Bare(V1Service service) => new()
    {
        Metadata = service.Metadata.Identity,
        Spec = new() { ClusterIP = service.Spec?.ClusterIP, ClusterIPs = service.Spec?.ClusterIPs },
    };
}
