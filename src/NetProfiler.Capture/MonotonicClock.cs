namespace NetProfiler.Capture;

/// <summary>The clock of the kernel side's times, and what it says in wall time.</summary>
public static unsafe class MonotonicClock
{
    /// <summary>CLOCK_MONOTONIC.</summary>
    public static long Nanoseconds => Read(Libbpf.ClockMonotonic);

    /// <summary>What to add to a monotonic time to get nanoseconds since 1970. Changes when the wall clock is set.</summary>
    public static long WallOffsetNanoseconds()
    {
        long before = Read(Libbpf.ClockMonotonic);
        long wall = Read(Libbpf.ClockRealtime);
        long after = Read(Libbpf.ClockMonotonic);
        return wall - (before + (after - before) / 2);
    }

    /// <summary>One tick of the kernel's timer, a jiffy: what its coarse clock counts in.</summary>
    public static long TickNanoseconds { get; } = Tick();

    private static long Tick()
    {
        Libbpf.Timespec time;
        _ = Libbpf.clock_getres(Libbpf.ClockMonotonicCoarse, &time);
        return time.Nanoseconds;
    }

    private static long Read(int clock)
    {
        Libbpf.Timespec time;
        _ = Libbpf.clock_gettime(clock, &time);
        return time.Seconds * 1_000_000_000 + time.Nanoseconds;
    }
}
