namespace NetProfiler.Node.Samples;

/// <summary>Where samples go besides the screen; null: not there. The addresses were looked at.</summary>
internal sealed record SampleSettings(string? Zipkin, string? SkyWalking, string? Otlp, string? HarPath)
{
    public static SampleSettings Nowhere { get; } = new(null, null, null, null);
}
