using System.Diagnostics;
using NetProfiler.Analysis.Samples;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Telemetry.Tests.Attacks;

/// <summary>As many samples as tasks allow reach a collector that takes them at once.</summary>
public sealed class HealthyCollectorTests
{
    [Fact]
    public async Task A_full_batch_waits_for_nothing()
    {
        const int Samples = 2000; // two tasks' seconds; 128 in 200 ms were 3.2 s
        var transport = new InstantTransport();
        await using var exporter = new SampleExporter<string>("instant", transport, ExportLimits.Default, TimeProvider.System);
        var sample = Export.Samples.Shown();
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < Samples; i++) exporter.Offer(sample);
        while (exporter.Counts.Sent < Samples && Stopwatch.GetElapsedTime(started).TotalSeconds < 10) await Task.Delay(5);

        Assert.Equal((Samples, 0), (exporter.Counts.Sent, exporter.Counts.Dropped));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 2);
        Assert.InRange(transport.Batches, Samples / 128, 32);
    }

    private sealed class InstantTransport : ISampleTransport<string>
    {
        public int Batches { get; private set; }

        public ExportDrop? Refuses(ShownSample sample) => null;

        public string Encode(ShownSample sample) => "sample";

        public Task<SendResult> SendAsync(IReadOnlyList<string> records, CancellationToken cancellation)
        {
            Batches++;
            return Task.FromResult(new SendResult(SendOutcome.Sent));
        }

        public void Dispose()
        {
        }
    }
}
