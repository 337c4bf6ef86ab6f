using System.Net;
using NetProfiler.Kubernetes.Configuration;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// The connections to one server, and their replacement: when its authorities or this client's certificate changed, or when one of them did
/// not answer. Requests on the old ones may end; nothing new is sent there, and idle they close by themselves.
/// </summary>
internal sealed class Connections(KubernetesClientConfiguration configuration, KubernetesClientOptions options, TimeProvider time) : IDisposable
{
    /// <summary>A certificate authority is read again after that.</summary>
    private static readonly TimeSpan TrustAge = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private Generation? _current;

    /// <summary>To be used for one attempt.</summary>
    public Generation For(Credential credential)
    {
        lock (_lock)
        {
            if (_current is { } current && IsStale(current, credential)) _current = null;
            return _current ??= Open(credential);
        }
    }

    /// <summary>These do not answer: the next attempt gets others.</summary>
    public void Abandon(Generation generation)
    {
        lock (_lock)
        {
            if (_current == generation) _current = null;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _current?.Invoker.Dispose();
            _current = null;
        }
    }

    private bool IsStale(Generation current, Credential credential)
    {
        if (!ReferenceEquals(current.ClientCertificate, credential.ClientCertificate)) return true;
        if (time.GetElapsedTime(current.TrustReadAt) < TrustAge) return false;

        current.TrustReadAt = time.GetTimestamp();
        return configuration.Trust.HasChanged(current.Authorities);
    }

    private Generation Open(Credential credential)
    {
        var authorities = configuration.Trust.ReadAuthorities();
        var handler = new SocketsHttpHandler
        {
            SslOptions = configuration.Trust.ClientOptions(authorities, credential.ClientCertificate),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(12), // follows moves of the control plane
            EnableMultipleHttp2Connections = true, // else a request waits while watches fill the only connection's streams
            KeepAlivePingDelay = options.PingDelay,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            AutomaticDecompression = configuration.DisableCompression ? DecompressionMethods.None : DecompressionMethods.GZip,
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = configuration.Proxy is not null,
            Proxy = configuration.Proxy,
        };
        return new Generation(new HttpMessageInvoker(handler), authorities, credential.ClientCertificate) { TrustReadAt = time.GetTimestamp() };
    }

    internal sealed class Generation(HttpMessageInvoker invoker, string? authorities, ClientCertificate? clientCertificate)
    {
        public HttpMessageInvoker Invoker { get; } = invoker;

        /// <summary>PEM.</summary>
        public string? Authorities { get; } = authorities;

        public ClientCertificate? ClientCertificate { get; } = clientCertificate;

        public long TrustReadAt { get; set; }
    }
}
