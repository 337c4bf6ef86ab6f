using NetProfiler.Analysis.Samples;
using NetProfiler.Telemetry.Export;
using NetProfiler.Telemetry.Tests.Export;

namespace NetProfiler.Telemetry.Tests.Attacks;

/// <summary>One task floods the queues that all share: it loses samples of its own, and a quiet task none.</summary>
public sealed class FloodTests
{
    private const int Flood = 5000, Quiet = 100;

    [Theory]
    [InlineData(10)]
    [InlineData(60_000)] // the bound of bytes comes first
    public async Task A_task_that_floods_the_dispatcher_drops_its_own_samples_only(int bodyBytes)
    {
        var gate = new TaskCompletionSource();
        var shown = new List<string?>();
        await using var dispatcher = new SampleDispatcher([], async sample =>
        {
            await gate.Task;
            shown.Add(sample.Task);
        }, TimeProvider.System);
        Sample flood = Of("flood", bodyBytes), quiet = Of("quiet", bodyBytes);
        for (int i = 0; i < Flood; i++)
        {
            dispatcher.Offer(flood, Samples.Content, []);
            if (i % (Flood / Quiet) == 0) dispatcher.Offer(quiet, Samples.Content, []);
            var counts = dispatcher.Counts;
            Assert.Equal(counts.Offered, counts.Sent + counts.Dropped + counts.Queued);
            Assert.InRange(counts.Queued, 0, SampleDispatcher.MaxWaitingSamples);
            Assert.InRange(counts.QueuedBytes, 0, SampleDispatcher.MaxWaitingBytes);
        }

        long dropped = dispatcher.Counts.Dropped;
        gate.SetResult();
        await dispatcher.DrainAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Quiet, shown.Count(task => task == "quiet"));
        Assert.Equal(Flood - dropped, shown.Count(task => task == "flood"));
        Assert.InRange(dropped, Flood - SampleDispatcher.MaxWaitingSamples, Flood - 1);
        // By turns: the quiet one does not wait behind the flood.
        Assert.InRange(shown.LastIndexOf("quiet"), Quiet, (2 * Quiet) + 2);
    }

    [Fact]
    public void A_task_that_floods_an_exporters_queue_leaves_each_other_its_share()
    {
        const int MaxSamples = 64;
        var counters = new ExportCounters();
        var queue = new FairQueue<string>(counters, MaxSamples, long.MaxValue);
        for (int i = 0; i < 1000; i++) queue.Add("flood", "flood", 1);
        string[] quiet = ["a", "b", "c"];
        for (int i = 0; i < MaxSamples / 4; i++)
        {
            foreach (string task in quiet) queue.Add(task, task, 1);
            queue.Add("flood", "flood", 1);
        }

        Assert.Equal(MaxSamples, queue.Count);
        for (int i = 0; i < 100; i++) queue.Add("a", "a", 1); // more than its share: now it gives way itself
        queue.Add("d", "d", 1);
        var taken = new List<string>();
        while (queue.TryTake(out string? one))
        {
            taken.Add(one);
            counters.LeaveSent(1);
        }

        Assert.Equal(MaxSamples, taken.Count);
        Assert.Equal(1, taken.Count(task => task == "d"));
        Assert.All(quiet[1..], task => Assert.Equal(MaxSamples / 4, taken.Count(one => one == task)));
        Assert.Equal(counters.Snapshot().Offered, counters.Snapshot().Sent + counters.Snapshot().Dropped);
    }

    private static Sample Of(string task, int bodyBytes)
    {
        var sample = Samples.Raw();
        return sample with { Task = task, Request = sample.Request with { Body = new byte[bodyBytes] } };
    }
}
