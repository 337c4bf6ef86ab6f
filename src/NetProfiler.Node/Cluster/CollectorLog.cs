using Microsoft.Extensions.Logging;
using NetProfiler.Node.Samples;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// Logs that a collector does not take samples: at once, then in intervals that double up to an hour, and when it takes them again.
/// </summary>
internal sealed partial class CollectorLog(SampleOutlets outlets, TimeProvider time, ILogger<CollectorLog> logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly Dictionary<string, (DateTimeOffset Since, DateTimeOffset Next, TimeSpan Pause)> _failing = [];

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (outlets.Exporters.Count > 0 && await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) Look();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The orderly end.
        }
    }

    private void Look()
    {
        var now = time.GetUtcNow();
        foreach (var exporter in outlets.Exporters)
        {
            if (exporter.Failing is not { } failure)
            {
                if (_failing.Remove(exporter.Name, out var ended)) LogTaken(exporter.Name, (now - ended.Since).TotalSeconds);
                continue;
            }

            if (!_failing.TryGetValue(exporter.Name, out var known)) known = (failure.Since, now, FirstPause);
            if (now >= known.Next)
            {
                LogFailing(exporter.Name, failure.Since, failure.Reason, exporter.Counts.Queued, exporter.Counts.Dropped);
                var next = known.Pause + known.Pause;
                known = (known.Since, now + known.Pause, next < LongestPause ? next : LongestPause);
            }

            _failing[exporter.Name] = known;
        }
    }

    [LoggerMessage(LogLevel.Warning,
        "Collector {Exporter} takes no samples since {Since:u}: {Reason}. {Queued} are queued, {Dropped} dropped; retrying")]
    private partial void LogFailing(string exporter, DateTimeOffset since, string reason, long queued, long dropped);

    [LoggerMessage(LogLevel.Information, "Collector {Exporter} takes samples again, after {Seconds:0} s")]
    private partial void LogTaken(string exporter, double seconds);
}
