using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;

namespace NetProfiler.Analysis.Tests;

/// <summary>Counts by rule and time: whatever the times, every exchange is in exactly one slot.</summary>
public class TimeSlotsTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Slots_count_errors_and_durations_of_their_second()
    {
        var slots = new TimeSlots();
        slots.Record("cart", EndpointRole.Server, 200, (10 * Second) + 5, 1000);
        slots.Record("cart", EndpointRole.Server, 404, (11 * Second) - 1, 3000);
        slots.Record("cart", EndpointRole.Server, 503, 12 * Second, 2000);
        var series = Assert.Single(slots.All);
        Assert.Equal((10 * Second, Second, 3), (slots.StartNanoseconds, slots.SlotNanoseconds, slots.Used));
        Assert.Equal((2, 1, 0, 3000), (series.Slots[0]!.Count, series.Slots[0]!.ClientErrors, series.Slots[0]!.ServerErrors,
            series.Slots[0]!.Latency.MaxNanoseconds));
        Assert.Null(series.Slots[1]);
        Assert.Equal((1, 0, 1), (series.Slots[2]!.Count, series.Slots[2]!.ClientErrors, series.Slots[2]!.ServerErrors));
    }

    [Fact]
    public void Whatever_the_times_nothing_is_forgotten()
    {
        var random = new Random(1);
        var slots = new TimeSlots();
        long time = 1_700_000_000 * Second;
        for (int i = 0; i < 5000; i++)
        {
            time += (long)(random.NextDouble() * (i % 1000 == 0 ? 1000 : 1) * Second) - (i % 7 == 0 ? Second : 0);
            slots.Record(i % 2 == 0 ? "a" : "b", EndpointRole.Client, i % 10 == 0 ? 500 : 200, time, i);
        }

        var all = slots.All.SelectMany(series => series.Slots).OfType<TimeSlots.Slot>().ToList();
        Assert.Equal((5000, 500, 5000), (all.Sum(slot => slot.Count), all.Sum(slot => slot.ServerErrors),
            all.Sum(slot => slot.Latency.Count)));
        Assert.InRange(slots.Used, TimeSlots.MaxSlots / 2, TimeSlots.MaxSlots);
        Assert.All(slots.All.SelectMany(series => series.Slots.Skip(slots.Used)), Assert.Null);
    }

    [Fact]
    public void A_jump_of_a_century_ends_in_the_last_slots()
    {
        var slots = new TimeSlots();
        slots.Record("a", EndpointRole.Server, 200, Second, 1);
        slots.Record("a", EndpointRole.Server, 200, 100L * 365 * 86400 * Second, 1);
        slots.Record("a", EndpointRole.Server, 200, -Second, 1);
        Assert.Equal(3, slots.All.Single().Slots.OfType<TimeSlots.Slot>().Sum(slot => slot.Count));
    }

    [Fact]
    public void Rules_beyond_the_bound_are_one_and_counted()
    {
        var slots = new TimeSlots();
        for (int i = 0; i < 200; i++) slots.Record($"rule-{i}", EndpointRole.Server, 200, Second, 1);
        Assert.InRange(slots.All.Count(), 1, TimeSlots.MaxSeries);
        Assert.Equal(slots.Folded, slots.All.Single(series => series.Rule == "other").Slots[0]!.Count);
        Assert.Equal(200, slots.All.Sum(series => series.Slots[0]!.Count));
    }
}
