using NetProfiler.Analysis.Samples;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Telemetry.Tests.Export;

public class DispatcherTests
{
    [Fact]
    public async Task Each_sample_is_shown_once_and_goes_to_every_exporter_that_it_is_for()
    {
        CollectingExporter first = new(), second = new(), third = new();
        var printed = new List<ShownSample>();
        await using var dispatcher = new SampleDispatcher([first, second, third], shown => { printed.Add(shown); return default; },
            TimeProvider.System);
        for (int i = 0; i < 10; i++) dispatcher.Offer(Samples.Raw(), Samples.Content, i < 6 ? [first, second] : i < 9 ? [second] : []);
        await dispatcher.DrainAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(10, printed.Count);
        Assert.Equal(printed[..6], first.Samples, ReferenceEqualityComparer.Instance);
        Assert.Equal(printed[..9], second.Samples, ReferenceEqualityComparer.Instance);
        Assert.Empty(third.Samples);
        Assert.Equal((10, 10, 0, 0), (dispatcher.Counts.Offered, dispatcher.Counts.Sent, dispatcher.Counts.Queued,
            dispatcher.Counts.QueuedBytes));
        dispatcher.Offer(Samples.Raw(), Samples.Content, [first]);
        Assert.Equal(1, dispatcher.Dropped(ExportDrop.Shutdown));
    }

    [Fact]
    public async Task What_waits_is_bounded_and_an_output_that_fails_costs_one_sample()
    {
        var gate = new TaskCompletionSource();
        int shown = 0;
        await using var dispatcher = new SampleDispatcher([], async _ =>
        {
            await gate.Task;
            if (++shown == 3) throw new IOException("no space");
        }, TimeProvider.System);
        for (int i = 0; i < SampleDispatcher.MaxWaitingSamples + 100; i++)
        {
            dispatcher.Offer(Samples.Raw(), Samples.Content, []);
            var counts = dispatcher.Counts;
            Assert.Equal(counts.Offered, counts.Sent + counts.Dropped + counts.Queued);
        }

        Assert.Equal(100, dispatcher.Dropped(ExportDrop.QueueFull));
        gate.SetResult();
        await dispatcher.DrainAsync(TimeSpan.FromSeconds(10));
        Assert.Equal((SampleDispatcher.MaxWaitingSamples - 1, 1), (dispatcher.Counts.Sent, dispatcher.Dropped(ExportDrop.Encoding)));
    }

    private sealed class CollectingExporter : ISampleExporter
    {
        public List<ShownSample> Samples { get; } = [];

        public string Name => "collecting";

        public ExportCounts Counts => default;

        public string? LastFailure => null;

        public ExportFailure? Failing => null;

        public long Dropped(ExportDrop reason) => 0;

        public void Offer(ShownSample sample) => Samples.Add(sample);

        public Task DrainAsync(TimeSpan patience) => Task.CompletedTask;

        public ValueTask DisposeAsync() => default;
    }
}
