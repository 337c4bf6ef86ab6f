using NetProfiler.Node.Output;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Samples;

/// <summary>Reports when a collector begins to fail and when it recovers, during a run or replay.</summary>
internal sealed class CollectorWatch(IReadOnlyList<ISampleExporter> exporters, Notices notices)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var wasFailing = new bool[exporters.Count];
        while (exporters.Count > 0 && !stop.IsCancellationRequested)
        {
            for (int i = 0; i < exporters.Count; i++)
            {
                string? failure = exporters[i].Failing?.Reason;
                bool isFailing = failure is not null;
                if (isFailing == wasFailing[i]) continue;
                wasFailing[i] = isFailing;
                string name = exporters[i].Name;
                await notices.SayAsync(name, isFailing ? $"{name} does not take samples: {failure}" : $"{name} takes samples again")
                    .ConfigureAwait(false);
            }

            await Task.Delay(Period, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
