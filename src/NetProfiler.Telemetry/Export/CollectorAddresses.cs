using System.Diagnostics.CodeAnalysis;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Where an OpenTelemetry collector is. The scheme says how to speak: grpc (or grpcs, with TLS) is gRPC, http and https are protobuf over
/// HTTP, except at port 4317, which by convention is gRPC.
/// </summary>
internal sealed record OtlpAddress(Uri Uri, bool IsGrpc)
{
    private const int GrpcPort = 4317;
    private const int HttpPort = 4318;

    public static bool TryParse(string text, [NotNullWhen(true)] out OtlpAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0) return false;

        bool isTls = uri.Scheme is "grpcs" or "https";
        bool isGrpc = uri.Scheme is "grpc" or "grpcs" || (uri.Scheme is "http" or "https" && uri.Port == GrpcPort);
        if (!isGrpc && uri.Scheme is not ("http" or "https")) return false;

        bool hasPort = uri.Port > 0 && (!uri.IsDefaultPort || text.Contains($":{uri.Port}", StringComparison.Ordinal));
        int port = hasPort ? uri.Port : isGrpc ? GrpcPort : HttpPort;
        string path = isGrpc ? "/" : uri.AbsolutePath == "/" ? "/v1/traces" : uri.AbsolutePath;
        address = new OtlpAddress(new UriBuilder(isTls ? "https" : "http", uri.Host, port, path).Uri, isGrpc);
        return true;
    }
}

/// <summary>Where SkyWalking's OAP is: HOST:PORT, or grpcs://HOST:PORT for TLS.</summary>
internal static class SkyWalkingAddress
{
    private const int DefaultPort = 11800;

    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        if (!text.Contains("://", StringComparison.Ordinal)) text = "grpc://" + text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.AbsolutePath.Length > 1) return false;
        if (uri.Scheme is not ("grpc" or "grpcs" or "http" or "https")) return false;

        int port = uri.Port > 0 && !uri.IsDefaultPort ? uri.Port : DefaultPort;
        address = new UriBuilder(uri.Scheme is "grpcs" or "https" ? "https" : "http", uri.Host, port).Uri;
        return true;
    }
}

/// <summary>Where Zipkin is: a URL; without a path, that of its API is taken.</summary>
internal static class ZipkinAddress
{
    private const int DefaultPort = 9411;

    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.Scheme is not ("http" or "https")) return false;

        bool hasPort = !uri.IsDefaultPort || text.Contains($":{uri.Port}", StringComparison.Ordinal);
        string path = uri.AbsolutePath == "/" ? "/api/v2/spans" : uri.AbsolutePath;
        address = new UriBuilder(uri.Scheme, uri.Host, hasPort ? uri.Port : uri.Scheme == "http" ? DefaultPort : 443, path).Uri;
        return true;
    }
}
