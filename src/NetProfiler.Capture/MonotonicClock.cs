namespace NetProfiler.Capture;

/// <summary>The clock of the kernel side's times, and its offset to wall time.</summary>
public static unsafe class MonotonicClock
{
    /// <summary>CLOCK_MONOTONIC.</summary>
    public static long Nanoseconds => Read(Libbpf.ClockMonotonic);

    /// <summary>Offset from a monotonic time to nanoseconds since 1970. Changes when the wall clock is set.</summary>
    public static long WallOffsetNanoseconds()
    {
        long before = Read(Libbpf.ClockMonotonic);
        long wall = Read(Libbpf.ClockRealtime);
        long after = Read(Libbpf.ClockMonotonic);
        return wall - (before + (after - before) / 2);
    }

    /// <summary>The duration of one tick of the kernel's timer (a jiffy), which is the resolution of its coarse clock.</summary>
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
