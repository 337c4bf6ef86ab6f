using NetProfiler.Node.Cluster;
using NetProfiler.Telemetry;
using Made = NetProfiler.Telemetry.Tests.Export.Samples;

namespace NetProfiler.Node.Tests.Cluster;

/// <summary>What is kept of samples is divided by task: one that fills the store loses its own oldest ones.</summary>
public sealed class SampleStoreTests
{
    private const int BodyBytes = 60_000;

    [Fact]
    public async Task A_task_that_fills_the_store_evicts_its_own_samples_only()
    {
        using var store = new SampleStore(SelfMetrics.CreateRegistry());
        await AddAsync(store, "shop/quiet", 0, 20);
        int flood = (int)(2 * SampleStore.MaxBytes / store.Find("shop/quiet", IdOf(0))!.Length);
        await AddAsync(store, "mall/flood", 0, flood);
        await AddAsync(store, "shop/late", 0, 20);
        Assert.All(Enumerable.Range(0, 20), id => Assert.NotNull(store.Find("shop/quiet", IdOf(id))));
        Assert.All(Enumerable.Range(0, 20), id => Assert.NotNull(store.Find("shop/late", IdOf(id))));
        int kept = Enumerable.Range(0, flood).Count(id => store.Find("mall/flood", IdOf(id)) is not null);
        Assert.InRange(kept, 1, flood - 1);
        Assert.All(Enumerable.Range(flood - kept, kept), id => Assert.NotNull(store.Find("mall/flood", IdOf(id)))); // the latest

        store.Retain(new HashSet<string> { "shop/late" });
        Assert.Null(store.Find("shop/quiet", IdOf(0)));
        await AddAsync(store, "shop/quiet", 0, flood / 4); // there is room again
        Assert.NotNull(store.Find("shop/quiet", IdOf(0)));
    }

    private static async Task AddAsync(SampleStore store, string task, int first, int count)
    {
        for (int id = first; id < first + count; id++)
        {
            var sample = Made.Raw(id: (ulong)id + 1);
            var message = sample.Request with { Body = TextOf(BodyBytes) };
            var content = sample.Content with { MaxRequestBytes = BodyBytes };
            await store.AddAsync(Made.Content.Show(sample with { Task = task, Request = message, Content = content }));
        }
    }

    private static string IdOf(int id) => $"{id + 1:x16}";

    private static byte[] TextOf(int length) => [.. Enumerable.Repeat((byte)'a', length)];
}
