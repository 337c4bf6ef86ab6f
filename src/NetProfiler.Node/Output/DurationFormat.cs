namespace NetProfiler.Node.Output;

/// <summary>Formats durations for display: three digits and a unit.</summary>
internal static class DurationFormat
{
    // A duration that rounds up to the next unit is written in that unit.
    public static string Of(long nanoseconds) => nanoseconds switch
    {
        < 999_500 => $"{Digits(nanoseconds / 1e3)} µs",
        < 999_500_000 => $"{Digits(nanoseconds / 1e6)} ms",
        _ => $"{Digits(nanoseconds / 1e9)} s",
    };

    private static string Digits(double value) => value < 999.5 ? $"{value:G3}" : $"{value:F0}";
}
