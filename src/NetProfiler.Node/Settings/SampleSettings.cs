using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Settings;

/// <summary>The destinations of samples besides the screen. Null if unused. The addresses have been validated.</summary>
internal sealed record SampleSettings(string? Zipkin, string? SkyWalking, string? Otlp, string? HarPath)
{
    public static SampleSettings Nowhere { get; } = new(null, null, null, null);

    public bool IsNowhere => this is { Zipkin: null, SkyWalking: null, Otlp: null, HarPath: null };

    /// <summary>How samples are attached to traces, in every collector.</summary>
    public SpanSettings Spans { get; init; } = SpanSettings.Default;
}
