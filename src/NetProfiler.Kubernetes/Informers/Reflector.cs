using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>The cache that a reflector keeps up to date.</summary>
internal interface IReflected<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Replaces the content: objects that are not in the list were deleted in the meantime.</summary>
    void Replace(EntityList<TEntity> list);

    void Apply(WatchEvent<TEntity> change);
}

/// <summary>
/// Lists, then watches from there. A watch that ended is resumed at the last version, or the objects are listed again if the server no
/// longer has that version. Ends only when cancelled.
/// </summary>
internal sealed partial class Reflector<TEntity>(
    IKubernetesClient client, InformerOptions<TEntity> options, IReflected<TEntity> reflected, ReflectorMetrics metrics, TimeProvider time,
    ILogger logger)
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Any version that the server has cached.</summary>
    private const string Any = "0";

    private static readonly TimeSpan ShortestWatch = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Healthy = TimeSpan.FromMinutes(2);

    /// <summary>
    /// A watch that ends sooner without an event counts as a failure; otherwise a proxy that closes watches would cause a storm of
    /// requests.
    /// </summary>
    private static readonly TimeSpan VeryShort = TimeSpan.FromSeconds(1);

    /// <summary>A version that cannot be watched for this long is given up, and the objects are listed again.</summary>
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private static readonly string Kind = EntityMetadata.Of<TEntity>().Kind;

    private readonly Backoff _backoff = new(options.FirstBackoff, LongestBackoff, Healthy, time);
    private long _lastActivity = time.GetTimestamp();

    /// <summary>Version at which the watch is resumed. Null if the objects must be listed.</summary>
    private string? _resourceVersion;

    /// <summary>Minimum version of the next list. Null for the most recent version.</summary>
    private string? _listVersion = Any;

    private bool _hasHeardSinceList;
    private long? _failingSince;
    private volatile bool _isBlind = true;
    private long _seesSinceTicks = time.GetUtcNow().UtcTicks;

    public TimeSpan SinceLastActivity => time.GetElapsedTime(Interlocked.Read(ref _lastActivity));

    /// <summary>The time since when there was no failure; the current time during a failure, or before the first list.</summary>
    public DateTimeOffset SeesSince => _isBlind ? time.GetUtcNow() : new(Interlocked.Read(ref _seesSinceTicks), TimeSpan.Zero);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (_resourceVersion is null) await ListAsync(cancellationToken);
                if (!await WatchAsync(cancellationToken)) await PauseAsync("short watch", cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (HttpOperationException exception) when (exception.IsGone && _resourceVersion is not null && _hasHeardSinceList)
            {
                // Not a failure of the watch: the server discards old versions. The next list need not be newer than the last event; if
                // that list has expired too, it is a failure.
                metrics.Failed("gone");
                Log.Relists(logger, Kind, exception.Message);
                _resourceVersion = null;
            }
#pragma warning disable CA1031 // Any exception: an informer that ended would leave a stale cache forever.
            catch (Exception exception)
            {
                _failingSince ??= time.GetTimestamp();
                _isBlind = true;
                if (!IsOfConnection(exception) || time.GetElapsedTime(_failingSince.Value) > LongestRetry) _resourceVersion = null;
                if (_resourceVersion is null) _listVersion = null; // the server's cached version did not help
                Log.Failed(logger, Kind, exception.Message);
                await PauseAsync(Reason(exception), cancellationToken);
            }
#pragma warning restore CA1031
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var begin = Act();
        var list = await client.ListAsync<TEntity>(options.Which with { ResourceVersion = _listVersion }, cancellationToken);
        Act();
        metrics.Listed(time.GetElapsedTime(begin));
        reflected.Replace(list);
        Sees();
        _hasHeardSinceList = false;
        _resourceVersion = _listVersion = list.ResourceVersion;
    }

    /// <summary>False if the watch ended at once, without an event.</summary>
    private async Task<bool> WatchAsync(CancellationToken cancellationToken)
    {
        var begin = Act();
        var count = 0;
        var isVeryShort = false;
        metrics.WatchBegins();
        try
        {
            var life = ShortestWatch * (1 + Random.Shared.NextDouble()); // clients that started together must not reconnect together
            await foreach (var change in client.WatchAsync<TEntity>(options.Which, _resourceVersion!, life, cancellationToken))
            {
                Act();
                count++;
                _failingSince = null;
                Sees();
                _hasHeardSinceList = true;
                metrics.Event(change.Type.ToString().ToLowerInvariant());
                if (change.Type != WatchEventType.Bookmark) reflected.Apply(change);
                if (change.ResourceVersion.Length > 0) _resourceVersion = _listVersion = change.ResourceVersion;
            }
            isVeryShort = count == 0 && time.GetElapsedTime(begin) < VeryShort;
        }
        finally
        {
            Act();
            metrics.WatchEnded(time.GetElapsedTime(begin), isVeryShort);
        }
        return !isVeryShort;
    }

    private void Sees()
    {
        if (!_isBlind) return;
        Interlocked.Exchange(ref _seesSinceTicks, time.GetUtcNow().UtcTicks);
        _isBlind = false;
    }

    private async Task PauseAsync(string reason, CancellationToken cancellationToken)
    {
        metrics.Failed(reason);
        await Task.Delay(_backoff.Next(Random.Shared.NextDouble()), time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private long Act()
    {
        var now = time.GetTimestamp();
        Interlocked.Exchange(ref _lastActivity, now);
        return now;
    }

    /// <summary>Whether the same version may be watched again.</summary>
    private static bool IsOfConnection(Exception exception) => exception switch
    {
        HttpOperationException refused => !refused.IsGone,
        HttpRequestException or IOException or TimeoutException or KubernetesConfigurationException => true,
        _ => false,
    };

    private static string Reason(Exception exception) => exception switch
    {
        HttpOperationException refused => refused.Status.Reason
            ?? ((int)refused.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture),
        TimeoutException => "timeout",
        JsonException => "not JSON",
        KubernetesConfigurationException => "credentials",
        HttpRequestException or IOException => "connection",
        _ => "internal",
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "{Kind}: relisting: {Reason}")]
        public static partial void Relists(ILogger logger, string kind, string reason);

        [LoggerMessage(LogLevel.Warning, "{Kind}: list or watch failed; retrying: {Reason}")]
        public static partial void Failed(ILogger logger, string kind, string reason);
    }
}
