using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Text;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// The address of an OpenTelemetry collector. The scheme selects the protocol: grpc (or grpcs, with TLS) is gRPC; http and https are
/// protobuf over HTTP, except at port 4317, which by convention is gRPC.
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
        if (isGrpc && uri.PathAndQuery.Length > 1) return false; // gRPC does not support a path
        string path = isGrpc ? "/" : uri.AbsolutePath == "/" ? "/v1/traces" : uri.AbsolutePath;
        address = new OtlpAddress(CollectorUri.Of(isTls ? "https" : "http", uri, port, path), isGrpc);
        return true;
    }
}

/// <summary>The parts of a configured address that are used in requests, including its credentials and query.</summary>
internal static class CollectorUri
{
    public static Uri Of(string scheme, Uri given, int port, string path)
    {
        string[] user = given.UserInfo.Split(':', 2);
        return new UriBuilder(scheme, given.Host, port, path) { Query = given.Query, UserName = user[0],
            Password = user.Length > 1 ? user[1] : "" }.Uri;
    }

    /// <summary>The Authorization field for an address with credentials (RFC 7617). Null if there are none.</summary>
    public static AuthenticationHeaderValue? Authorization(Uri address) => address.UserInfo.Length == 0
        ? null : new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
}

/// <summary>The address of SkyWalking's OAP: HOST:PORT, or grpcs://HOST:PORT for TLS.</summary>
internal static class SkyWalkingAddress
{
    private const int DefaultPort = 11800;

    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        if (!text.Contains("://", StringComparison.Ordinal)) text = "grpc://" + text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.PathAndQuery.Length > 1
            || uri.UserInfo.Length > 0)
            return false;
        if (uri.Scheme is not ("grpc" or "grpcs" or "http" or "https")) return false;

        int port = uri.Port > 0 && !uri.IsDefaultPort ? uri.Port : DefaultPort;
        address = new UriBuilder(uri.Scheme is "grpcs" or "https" ? "https" : "http", uri.Host, port).Uri;
        return true;
    }
}

/// <summary>The address of Zipkin: a URL. If it has no path, that of Zipkin's API is used.</summary>
internal static class ZipkinAddress
{
    private const int DefaultPort = 9411;

    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.Scheme is not ("http" or "https"))
            return false;

        bool hasPort = !uri.IsDefaultPort || text.Contains($":{uri.Port}", StringComparison.Ordinal);
        string path = uri.AbsolutePath == "/" ? "/api/v2/spans" : uri.AbsolutePath;
        address = CollectorUri.Of(uri.Scheme, uri, hasPort ? uri.Port : uri.Scheme == "http" ? DefaultPort : 443, path);
        return true;
    }
}
