using System.Net;
using NetProfiler.Kubernetes.Configuration;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// The connections to one server, and their replacement: when the cluster's authorities changed, or when one of them did not answer.
/// Requests on the old ones may end; no new one is sent there, and idle they close by themselves. The library would make one set for its
/// whole life.
/// </summary>
internal sealed class ClusterConnection(ClusterAccess access, KubernetesClientOptions options, TimeProvider time) : DelegatingHandler
{
    /// <summary>A certificate authority is read again after that.</summary>
    private static readonly TimeSpan TrustAge = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private HttpMessageInvoker? _current;
    private string? _authorities;
    private long _trustReadAt;

    public ClusterAccess Access => access;

    /// <summary>To be used for one attempt.</summary>
    public HttpMessageInvoker Current()
    {
        lock (_lock)
        {
            if (_current is not null && IsTrustStale()) _current = null;
            return _current ??= Open();
        }
    }

    /// <summary>These do not answer: the next attempt gets others.</summary>
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
            PooledConnectionLifetime = TimeSpan.FromMinutes(12), // follows moves of the control plane
            EnableMultipleHttp2Connections = true, // otherwise a request waits while watches fill the only connection's streams
            KeepAlivePingDelay = options.PingDelay,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            AutomaticDecompression = DecompressionMethods.GZip,
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false, // whatever the environment says
        });
    }
}
