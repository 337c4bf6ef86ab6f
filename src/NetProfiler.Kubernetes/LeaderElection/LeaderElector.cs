using System.Text.Json;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using Prometheus;

namespace NetProfiler.Kubernetes.LeaderElection;

/// <summary>
/// Leads while it holds a lease, by the rules of client-go. There is no fencing: a former leader may not have noticed the loss yet, so its
/// writes must be harmless.
/// </summary>
public sealed partial class LeaderElector
{
    /// <summary>A leader that neither renewed nor noticed the loss for this long after its lease ended is in a deadlock.</summary>
    private static readonly TimeSpan HealthMargin = TimeSpan.FromSeconds(20);

    private const int MaxReleaseTries = 5;

    private readonly IKubernetesClient _client;
    private readonly LeaderElectionOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Gauge _status;
    private readonly Counter _slowPaths;
    private volatile LeaseRecord? _observed;
    private volatile bool _isLeader;

    /// <param name="client">A client of its own, with <see cref="LeaderElectionOptions.ClientOptions"/>: a renewal must never wait behind
    /// lists.</param>
    public LeaderElector(
        IKubernetesClient client, LeaderElectionOptions options, CollectorRegistry metrics, TimeProvider time, ILoggerFactory loggers)
    {
        if (options.Fault() is { } fault) throw new ArgumentException(fault, nameof(options));

        (_client, _options, _time) = (client, options, time);
        _logger = loggers.CreateLogger("NetProfiler.Kubernetes.LeaderElection");
        _status = metrics.Gauge("leader_election_master_status", "1 if this process is the leader, else 0.", "name");
        _slowPaths = metrics.Counter("leader_election_slowpath_total",
            "Total number of lease renewals that had to read the lease first.", "name");
        metrics.Observe(_status.WithLabels(options.LeaseName), () => IsLeader ? 1 : 0);
    }

    public bool IsLeader => _isLeader;

    /// <summary>False if this process leads, and neither renewed nor noticed the loss of the lease: it hangs.</summary>
    public bool IsHealthy =>
        !_isLeader || _observed is not { } observed || _time.GetElapsedTime(observed.ObservedAt) <= _options.LeaseDuration + HealthMargin;

    /// <summary>The current leader as last observed; empty if absent.</summary>
    public string Leader => _observed?.Holder ?? "";

    /// <summary>
    /// Waits for the lease, then leads until cancelled: cancels <paramref name="lead"/>, waits for its end, and releases the lease.
    /// </summary>
    /// <exception cref="LeadershipLostException">The lease could not be renewed in time. <paramref name="lead"/> is cancelled, not
    /// awaited.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        if (!await AcquireAsync(cancellationToken)) return;

        Log.Leads(_logger, _options.Identity, _options.LeaseNamespace, _options.LeaseName);
        using var leading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var renewing = new CancellationTokenSource(); // continues while the work drains
        var work = lead(leading.Token);
        var renewal = RenewAsync(renewing.Token);
        if (await Task.WhenAny(work, renewal) == renewal)
        {
            _isLeader = false;
            await leading.CancelAsync();
            await renewal; // throws the exception of the renewal
        }
        await renewing.CancelAsync();
        await renewal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ReleaseAsync();
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ended by cancellation, as requested.
        }
    }

    /// <summary>False if cancelled before this process could lead.</summary>
    private async Task<bool> AcquireAsync(CancellationToken cancellationToken)
    {
        var known = "";
        while (!cancellationToken.IsCancellationRequested)
        {
            _isLeader = await TryAcquireOrRenewAsync(cancellationToken);
            if (_isLeader) return true;

            if (Leader != known) Log.Waits(_logger, known = Leader);
            await PauseAsync(cancellationToken);
        }
        return false;
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await PauseAsync(cancellationToken);
            using var deadline = new CancellationTokenSource(_options.RenewDeadline, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            while (!await TryAcquireOrRenewAsync(either.Token))
            {
                if (cancellationToken.IsCancellationRequested) return;
                if (Leader.Length > 0 && Leader != _options.Identity) throw new LeadershipLostException($"{Leader} leads now");
                if (deadline.IsCancellationRequested)
                    throw new LeadershipLostException($"the lease could not be renewed within {_options.RenewDeadline.TotalSeconds} s");
                await PauseAsync(either.Token);
            }
        }
    }

    private async Task<bool> TryAcquireOrRenewAsync(CancellationToken cancellationToken)
    {
        // The client times out sooner, and abandons the connection that did not answer, so there is time for another one.
        using var patience = new CancellationTokenSource(_options.RenewDeadline, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await TryRenewOptimisticallyAsync(either.Token) || await TryOnceAsync(either.Token);
        }
        catch (Exception exception) when (IsOfConnection(exception) || exception is OperationCanceledException)
        {
            if (!cancellationToken.IsCancellationRequested) Log.TryFailed(_logger, _options.LeaseName, exception.Message);
            return false;
        }
    }

    // The algorithm of client-go, with the numbers of its steps.
    private async Task<bool> TryRenewOptimisticallyAsync(CancellationToken cancellationToken)
    {
        // 1. The holder can overwrite its last write without reading it first.
        if (!_isLeader || _observed is not { } observed || observed.Holder != _options.Identity || !observed.IsValid(_time)) return false;

        try
        {
            Observe(await _client.UpdateAsync(observed.Lease with { Spec = Claim(observed.Lease.Spec) }, cancellationToken));
            return true;
        }
        catch (Exception exception) when (IsOfConnection(exception))
        {
            _slowPaths.WithLabels(_options.LeaseName).Inc();
            return false;
        }
    }

    private async Task<bool> TryOnceAsync(CancellationToken cancellationToken)
    {
        // 2. There has been no leader yet.
        var lease = await _client.GetAsync<V1Lease>(_options.LeaseName, _options.LeaseNamespace, cancellationToken);
        if (lease is null)
        {
            var metadata = new V1ObjectMeta { Name = _options.LeaseName, NamespaceProperty = _options.LeaseNamespace };
            Observe(await _client.CreateAsync(new V1Lease { Metadata = metadata, Spec = Claim(null) }, cancellationToken));
            return true;
        }

        // 3. Record whether the lease has changed.
        var observed = Observe(lease);

        // 4. Another process leads, by its own duration and this process's own clock.
        if (observed.Holder.Length > 0 && observed.Holder != _options.Identity && observed.IsValid(_time)) return false;

        // 5. The resource version decides between concurrent candidates.
        Observe(await _client.UpdateAsync(lease with { Spec = Claim(lease.Spec) }, cancellationToken));
        return true;
    }

    private async Task ReleaseAsync()
    {
        _isLeader = false;
        using var patience = new CancellationTokenSource(_options.RequestTimeout, _time);
        for (var i = 0; i < MaxReleaseTries && _observed is { } observed && observed.Holder == _options.Identity; i++)
        {
            try
            {
                // A lease without a holder that ends in a second, so that the next leader does not wait.
                var now = Now();
                var nobody = observed.Lease.Spec with { HolderIdentity = null, LeaseDurationSeconds = 1, RenewTime = now,
                    AcquireTime = now };
                Observe(await _client.UpdateAsync(observed.Lease with { Spec = nobody }, patience.Token));
                Log.Released(_logger, _options.LeaseName);
                return;
            }
            catch (HttpOperationException exception) when (exception.IsConflict)
            {
                if (await _client.GetAsync<V1Lease>(_options.LeaseName, _options.LeaseNamespace, patience.Token) is not { } lease) return;
                Observe(lease);
            }
            catch (Exception exception) when (IsOfConnection(exception) || exception is OperationCanceledException)
            {
                Log.NotReleased(_logger, _options.LeaseName, exception.Message);
                return;
            }
        }
    }

    private V1LeaseSpec Claim(V1LeaseSpec? last)
    {
        var isMine = last?.HolderIdentity == _options.Identity;
        var now = Now();
        return (last ?? new V1LeaseSpec()) with
        {
            HolderIdentity = _options.Identity,
            LeaseDurationSeconds = (int)_options.LeaseDuration.TotalSeconds,
            RenewTime = now,
            AcquireTime = isMine ? last!.AcquireTime : now,
            LeaseTransitions = last is null ? 0 : isMine ? last.LeaseTransitions : (last.LeaseTransitions ?? 0) + 1,
        };
    }

    private LeaseRecord Observe(V1Lease lease) => _observed = LeaseRecord.Observe(_observed, lease, _time.GetTimestamp());

    private DateTime Now() => MicroTime.Of(_time.GetUtcNow());

    private Task PauseAsync(CancellationToken cancellationToken)
    {
        var jitter = 1 + Random.Shared.NextDouble() * (LeaderElectionOptions.JitterFactor - 1);
        return Wait();

        async Task Wait() =>
            await Task.Delay(_options.RetryPeriod * jitter, _time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static bool IsOfConnection(Exception exception) =>
        exception is HttpOperationException or HttpRequestException or IOException or TimeoutException or JsonException
            or KubernetesConfigurationException;
}
