using System.Diagnostics.CodeAnalysis;

namespace NetProfiler.Telemetry.Export;

/// <summary>Makes exporters from what a command line says; false: that is no address of such a collector.</summary>
public static class SampleExporters
{
    public static bool IsZipkin(string url) => ZipkinAddress.TryParse(url, out _);

    public static bool IsSkyWalking(string address) => SkyWalkingAddress.TryParse(address, out _);

    public static bool IsOtlp(string url) => OtlpAddress.TryParse(url, out _);

    /// <param name="url">http://HOST[:9411][/api/v2/spans]</param>
    public static bool TryCreateZipkin(string url, ExportLimits limits, TimeProvider time, [NotNullWhen(true)] out ISampleExporter? exporter)
    {
        exporter = ZipkinAddress.TryParse(url, out var address)
            ? new SampleExporter<byte[]>("zipkin", new ZipkinTransport(address, time), limits, time)
            : null;
        return exporter is not null;
    }

    /// <param name="address">HOST[:11800], or grpcs://HOST[:11800] with TLS</param>
    /// <param name="token">OAP's authentication token; null: none.</param>
    public static bool TryCreateSkyWalking(
        string address, string? token, ExportLimits limits, TimeProvider time, [NotNullWhen(true)] out ISampleExporter? exporter)
    {
        exporter = SkyWalkingAddress.TryParse(address, out var uri)
            ? new SampleExporter<IReadOnlyList<SkyWalking.SpanAttachedEvent>>("skywalking", new SkyWalkingTransport(uri, token), limits, time)
            : null;
        return exporter is not null;
    }

    /// <param name="url">http://HOST[:4318][/v1/traces] or grpc://HOST[:4317]; https and grpcs with TLS</param>
    public static bool TryCreateOtlp(string url, ExportLimits limits, TimeProvider time, [NotNullWhen(true)] out ISampleExporter? exporter)
    {
        exporter = OtlpAddress.TryParse(url, out var address)
            ? new SampleExporter<OtlpTransport.Record>("otlp", new OtlpTransport(address, time), limits, time)
            : null;
        return exporter is not null;
    }
}
