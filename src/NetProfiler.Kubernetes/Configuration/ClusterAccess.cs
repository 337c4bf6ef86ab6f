using System.Security.Cryptography.X509Certificates;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>The address of the API server, its trust settings, and the credentials for requests.</summary>
public sealed class ClusterAccess
{
    /// <summary>May have a path, which precedes <c>/api</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>The default namespace.</summary>
    public string Namespace { get; init; } = "default";

    internal ClusterTrust Trust { get; init; } = new();

    /// <summary>Null to send no Authorization field; requests are then authenticated by the client certificate, or anonymous.</summary>
    internal TokenSource? Tokens { get; init; }

    internal X509Certificate2? ClientCertificate { get; init; }
}
