using System.Net;
using NetProfiler.Kubernetes.Configuration;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// The connections to one server. They are replaced when the cluster's certificate authorities change, or when a connection does not
/// answer. Requests in progress on the old connections may complete; new requests are not sent there, and idle connections close by
/// themselves. The library would create one set for its lifetime.
/// </summary>
internal sealed class ClusterConnection(ClusterAccess access, KubernetesClientOptions options, TimeProvider time) : DelegatingHandler
{
    /// <summary>Interval of reading the certificate authorities again.</summary>
    private static readonly TimeSpan TrustAge = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private HttpMessageInvoker? _current;
    private string? _authorities;
    private long _trustReadAt;

    public ClusterAccess Access => access;

    /// <summary>The connections to use for one attempt.</summary>
    public HttpMessageInvoker Current()
    {
        lock (_lock)
        {
            if (_current is not null && IsTrustStale()) _current = null;
            return _current ??= Open();
        }
    }

    /// <summary>Marks connections as unresponsive: the next attempt uses new ones.</summary>
    public void Abandon(HttpMessageInvoker connections)
    {
        lock (_lock)
        {
            if (_current == connections) _current = null;
        }
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Current().SendAsync(request, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        lock (_lock)
        {
            if (disposing) _current?.Dispose();
            _current = null;
        }
        base.Dispose(disposing);
    }

    private bool IsTrustStale()
    {
        if (time.GetElapsedTime(_trustReadAt) < TrustAge) return false;

        _trustReadAt = time.GetTimestamp();
        return access.Trust.HasChanged(_authorities);
    }

    private HttpMessageInvoker Open()
    {
        _authorities = access.Trust.ReadAuthorities();
        _trustReadAt = time.GetTimestamp();
        return new HttpMessageInvoker(new SocketsHttpHandler
        {
            SslOptions = access.Trust.ClientOptions(_authorities, access.ClientCertificate),
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(12), // follows changes of the control plane's address
            EnableMultipleHttp2Connections = true, // otherwise a request waits while watches fill the only connection's streams
            KeepAlivePingDelay = options.PingDelay,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            AutomaticDecompression = DecompressionMethods.GZip,
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false, // regardless of environment variables
        });
    }
}
