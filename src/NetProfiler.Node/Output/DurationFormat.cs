namespace NetProfiler.Node.Output;

/// <summary>Durations for people: three digits and a unit.</summary>
internal static class DurationFormat
{
    public static string Of(long nanoseconds) => nanoseconds switch
    {
        < 1_000_000 => $"{nanoseconds / 1e3:G3} µs",
        < 1_000_000_000 => $"{nanoseconds / 1e6:G3} ms",
        _ => $"{nanoseconds / 1e9:G3} s",
    };
}
