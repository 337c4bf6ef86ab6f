using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Settings;

/// <summary>Where samples go besides the screen; null: not there. The addresses were looked at.</summary>
internal sealed record SampleSettings(string? Zipkin, string? SkyWalking, string? Otlp, string? HarPath)
{
    public static SampleSettings Nowhere { get; } = new(null, null, null, null);

    public bool IsNowhere => this is { Zipkin: null, SkyWalking: null, Otlp: null, HarPath: null };

    /// <summary>How samples are attached to traces, in every collector.</summary>
    public SpanSettings Spans { get; init; } = SpanSettings.Default;
}
