using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Metrics;

/// <summary>Exchanges by rule, role and time: counts, errors and durations per slot. One thread at a time.</summary>
/// <remarks>
/// When time passes the last slot, neighbouring slots are merged in pairs and each slot lasts twice as long, so that nothing is dropped.
/// Sketches merge without loss (<see cref="LatencySketch.Merge"/>).
/// </remarks>
public sealed class TimeSlots
{
    /// <summary>Number of slots; between half of them and all are in use once the first have been merged.</summary>
    public const int MaxSlots = 120;

    /// <summary>
    /// Maximum number of series, one per rule and role. Beyond it, exchanges are counted in one series per role, named "other".
    /// </summary>
    public const int MaxSeries = 64;

    public const long FirstSlotNanoseconds = 1_000_000_000;

    private const string Other = "other";

    private readonly Dictionary<(string Rule, EndpointRole Role), Series> _series = [];

    /// <summary>The counters of one slot.</summary>
    public sealed class Slot
    {
        public long Count { get; internal set; }

        /// <summary>Number of exchanges with a status from 400 to 499.</summary>
        public long ClientErrors { get; internal set; }

        /// <summary>Number of exchanges with a status from 500 to 599.</summary>
        public long ServerErrors { get; internal set; }

        /// <summary>Quantiles are accurate within an eighth.</summary>
        public LatencySketch Latency { get; internal set; } = LatencySketch.Coarse();

        internal void Add(Slot other)
        {
            Count += other.Count;
            ClientErrors += other.ClientErrors;
            ServerErrors += other.ServerErrors;
            Latency = LatencySketch.Merge(Latency, other.Latency);
        }
    }

    /// <summary>One rule in one role. A slot without exchanges is null.</summary>
    public sealed record Series(string Rule, EndpointRole Role)
    {
        public Slot?[] Slots { get; } = new Slot?[MaxSlots];
    }

    /// <summary>Start of the first slot, on the clock of the recorded times.</summary>
    public long StartNanoseconds { get; private set; }

    public long SlotNanoseconds { get; private set; } = FirstSlotNanoseconds;

    /// <summary>Number of slots up to the latest with an exchange.</summary>
    public int Used { get; private set; }

    /// <summary>Number of exchanges of rules beyond <see cref="MaxSeries"/>, which are counted as "other".</summary>
    public long Folded { get; private set; }

    public IEnumerable<Series> All => _series.Values;

    /// <param name="rule">Empty if no rule matched.</param>
    /// <param name="timeNanoseconds">A time before the first slot is counted in the first slot.</param>
    public void Record(string rule, EndpointRole role, int status, long timeNanoseconds, long durationNanoseconds)
    {
        if (_series.Count == 0) StartNanoseconds = timeNanoseconds - (timeNanoseconds % FirstSlotNanoseconds);
        int index = SlotOf(timeNanoseconds);
        var slot = SeriesOf(rule, role).Slots[index] ??= new Slot();
        Used = int.Max(Used, index + 1);
        slot.Count++;
        if (status is >= 400 and < 500) slot.ClientErrors++;
        if (status is >= 500 and < 600) slot.ServerErrors++;
        slot.Latency.Add(durationNanoseconds);
    }

    private int SlotOf(long timeNanoseconds)
    {
        long passed = long.Max(0, timeNanoseconds - StartNanoseconds);
        while (passed / SlotNanoseconds >= MaxSlots) Coarsen();
        return (int)(passed / SlotNanoseconds);
    }

    private Series SeriesOf(string rule, EndpointRole role)
    {
        if (_series.TryGetValue((rule, role), out var series)) return series;
        if (_series.Count >= MaxSeries - 2)
        {
            Folded++;
            rule = Other;
        }

        if (_series.TryGetValue((rule, role), out series)) return series;
        return _series[(rule, role)] = new Series(rule, role);
    }

    private void Coarsen()
    {
        SlotNanoseconds *= 2;
        Used = (Used + 1) / 2;
        foreach (var series in _series.Values)
        {
            for (int i = 0; i < MaxSlots; i++)
            {
                var (left, right) = 2 * i < MaxSlots ? (series.Slots[2 * i], series.Slots[(2 * i) + 1]) : (null, null);
                if (left is not null && right is not null) left.Add(right);
                series.Slots[i] = left ?? right;
            }
        }
    }
}
