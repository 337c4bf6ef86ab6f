using System.Diagnostics.CodeAnalysis;

namespace NetProfiler.Telemetry.Export;

/// <summary>Creates exporters from configured addresses. False if the address is not valid for the collector.</summary>
public static class SampleExporters
{
    /// <summary>The remedy for an invalid address.</summary>
    public const string ZipkinForm = "write http://HOST[:9411] or https://HOST[:PORT]";

    public const string SkyWalkingForm = $"write HOST:PORT, or grpcs://HOST:PORT with TLS; the token comes from {SkyWalkingTokenVariable}";

    public const string OtlpForm = "write http://HOST[:4318] or grpc://HOST[:4317], https or grpcs with TLS";

    /// <summary>The environment variable with OAP's authentication token, with the same name as for SkyWalking's agents.</summary>
    public const string SkyWalkingTokenVariable = "SW_AGENT_AUTHENTICATION";

    /// <summary>An address for display: without the part that may be a password.</summary>
    public static string Shown(string address)
    {
        int start = address.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0 ? scheme + 3 : 0;
        int end = address.IndexOf('@', start);
        return end < 0 ? address : $"{address[..start]}***{address[end..]}";
    }

    public static bool IsZipkin(string url) => ZipkinAddress.TryParse(url, out _);

    public static bool IsSkyWalking(string address) => SkyWalkingAddress.TryParse(address, out _);

    public static bool IsOtlp(string url) => OtlpAddress.TryParse(url, out _);

    /// <param name="url">http://HOST[:9411][/api/v2/spans]</param>
    /// <param name="spans">Null for the default.</param>
    public static bool TryCreateZipkin(
        string url, ExportLimits limits, TimeProvider time, [NotNullWhen(true)] out ISampleExporter? exporter, string name = "zipkin",
        SpanSettings? spans = null)
    {
        exporter = ZipkinAddress.TryParse(url, out var address)
            ? new SampleExporter<byte[]>(name, new ZipkinTransport(address, time, spans), limits, time)
            : null;
        return exporter is not null;
    }

    /// <param name="address">HOST[:11800], or grpcs://HOST[:11800] with TLS</param>
    /// <param name="token">OAP's authentication token. Null if absent.</param>
    public static bool TryCreateSkyWalking(
        string address, string? token, ExportLimits limits, TimeProvider time, [NotNullWhen(true)] out ISampleExporter? exporter,
        string name = "skywalking")
    {
        exporter = SkyWalkingAddress.TryParse(address, out var uri)
            ? new SampleExporter<SkyWalkingTransport.Record>(name, new SkyWalkingTransport(uri, token), limits, time)
            : null;
        return exporter is not null;
    }

    /// <param name="url">http://HOST[:4318][/v1/traces] or grpc://HOST[:4317]; https and grpcs with TLS</param>
    /// <param name="spans">Null for the default.</param>
    public static bool TryCreateOtlp(
        string url, ExportLimits limits, TimeProvider time, [NotNullWhen(true)] out ISampleExporter? exporter, string name = "otlp",
        SpanSettings? spans = null)
    {
        exporter = OtlpAddress.TryParse(url, out var address)
            ? new SampleExporter<OtlpTransport.Record>(name, new OtlpTransport(address, time, spans), limits, time)
            : null;
        return exporter is not null;
    }
}
