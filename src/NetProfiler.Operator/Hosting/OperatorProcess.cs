using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using NetProfiler.Api;
using NetProfiler.Cli;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.LeaderElection;
using NetProfiler.Kubernetes.Metrics;
using NetProfiler.Telemetry;

namespace NetProfiler.Operator.Hosting;

/// <summary>
/// The process around the work. Begins with the endpoints, then the caches, then the lease, then the controllers; ends the other way
/// round: controllers drain, caches end, events are written, the lease is given back, the endpoints last.
/// </summary>
internal sealed partial class OperatorProcess : IAsyncDisposable
{
    public const string LeaseName = "netprofiler-operator";

    private readonly OperatorSettings _settings;
    private readonly ILogger _log;
    private readonly KubernetesClient _client;
    private readonly KubernetesClient _leaseClient;
    private readonly OperatorCore _core;
    private readonly LeaderElector _elector;
    private readonly List<MetricsEndpoint> _endpoints = [];
    private readonly CancellationTokenSource _endOfCaches = new();
    private readonly CancellationTokenSource _endOfEvents = new();
    private Task _caches = Task.CompletedTask;
    private Task _events = Task.CompletedTask;
    private volatile bool _isStopping;

    private OperatorProcess(OperatorSettings settings, ClusterAccess access, ILoggerFactory loggers)
    {
        _settings = settings;
        _log = loggers.CreateLogger("NetProfiler.Operator");
        var (metrics, time, json) = (new MetricsRegistry(), TimeProvider.System, new ResourceJson(ApiJson.Default));
        var @namespace = settings.Namespace ?? access.Namespace;
        var program = $"netprofiler-operator/{Version}";
        var election = new LeaderElectionOptions
        {
            LeaseNamespace = @namespace,
            LeaseName = LeaseName,
            LeaseDuration = settings.LeaseDuration,
            RenewDeadline = settings.RenewDeadline,
            RetryPeriod = settings.RetryPeriod,
        };

        _client = new(access, json, new() { UserAgent = program, RequestsPerSecond = settings.WriteRate, Burst = 2 * settings.WriteRate }, metrics, time, loggers);
        _leaseClient = new(access, json, election.ClientOptions(program), metrics, time, loggers);
        _core = new(_client, @namespace, Environment.MachineName, settings.WriteRate, settings.Exporters, metrics, time, loggers);
        _elector = new(_leaseClient, election, metrics, time, loggers);

        var exposition = new OperatorMetrics(metrics, _core.Caches);
        foreach (var address in new[] { settings.MetricsListen.EndPoint, settings.HealthListen.EndPoint }.OfType<IPEndPoint>().Distinct())
            _endpoints.Add(new(address, _ => ValueTask.FromResult(exposition.Collect()))
            {
                LivenessFault = () => _core.LivenessFault ?? (_elector.IsHealthy ? null : "the election hangs"),
                ReadinessFault = () => _isStopping ? "stopping" : _core.ReadinessFault,
            });
    }

    private static string Version { get; } =
        typeof(OperatorProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Until a signal; gives the exit code.</summary>
    public static async Task<int> ExecuteAsync(OperatorSettings settings)
    {
        using var signals = new StopSignals();
        using var loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(settings.LogLevel)
            .AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'")));

        try
        {
            var access = settings.Cluster.Load(loggers);
            await using var process = new OperatorProcess(settings, access, loggers);
            return await process.RunAsync(signals.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is KubernetesConfigurationException or EndpointUnavailableException)
        {
            await Console.Error.WriteLineAsync($"netprofiler-operator: {fault.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var endpoint in _endpoints) await endpoint.DisposeAsync().ConfigureAwait(false);
        _leaseClient.Dispose();
        _client.Dispose();
        _endOfCaches.Dispose();
        _endOfEvents.Dispose();
    }

    private async Task<int> RunAsync(CancellationToken stop)
    {
        foreach (var endpoint in _endpoints) await endpoint.StartAsync(stop).ConfigureAwait(false);
        await using var stopping = stop.Register(() => _isStopping = true);
        LogStarted(Version);

        _caches = _core.RunCachesAsync(_endOfCaches.Token);
        _events = _core.RunEventsAsync(_endOfEvents.Token);
        try
        {
            await _core.WaitForSyncAsync(stop).ConfigureAwait(false);
            LogSynced();
            if (_settings.LeaderElect) await _elector.RunAsync(LeadAsync, stop).ConfigureAwait(false);
            else await LeadAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop before it led.
        }
        catch (LeadershipLostException loss)
        {
            // Another one may lead already: nothing more is written, nothing is waited for.
            LogLost(loss.Message);
            return ExitCode.Failed;
        }

        await EndCachesAsync().ConfigureAwait(false);
        LogStopped();
        return ExitCode.Done;
    }

    /// <summary>The lease is given back when this has ended.</summary>
    private async Task LeadAsync(CancellationToken stop)
    {
        await _core.LeadAsync(stop).ConfigureAwait(false);
        if (_isStopping) await EndCachesAsync().ConfigureAwait(false);
    }

    private async Task EndCachesAsync()
    {
        await _endOfCaches.CancelAsync().ConfigureAwait(false);
        await _caches.ConfigureAwait(false);
        await _endOfEvents.CancelAsync().ConfigureAwait(false);
        await _events.ConfigureAwait(false);
    }

    [LoggerMessage(LogLevel.Information, "netprofiler-operator {Version} starts")]
    private partial void LogStarted(string version);

    [LoggerMessage(LogLevel.Information, "Everything is listed")]
    private partial void LogSynced();

    [LoggerMessage(LogLevel.Error, "No longer the leader: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(LogLevel.Information, "Stopped")]
    private partial void LogStopped();
}
