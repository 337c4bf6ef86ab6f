using System.Security.Cryptography.X509Certificates;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>Where the API server is, how it proves itself, and as whom requests are sent.</summary>
public sealed class ClusterAccess
{
    /// <summary>May have a path: what comes before <c>/api</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>The namespace where none is named.</summary>
    public string Namespace { get; init; } = "default";

    internal ClusterTrust Trust { get; init; } = new();

    /// <summary>Null: no Authorization field; the client certificate says who asks, or the requests are anonymous.</summary>
    internal TokenSource? Tokens { get; init; }

    internal X509Certificate2? ClientCertificate { get; init; }
}
