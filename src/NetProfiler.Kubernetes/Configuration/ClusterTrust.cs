using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>How the server's identity is verified.</summary>
internal sealed record ClusterTrust
{
    /// <summary>Any number of certificates in PEM. Null, without a file, for the authorities of this machine.</summary>
    public string? Authorities { get; init; }

    /// <summary>Used instead of <see cref="Authorities"/>; read again periodically, because it may be renewed.</summary>
    public string? AuthoritiesFile { get; init; }

    /// <summary>The name that the certificate must have, if it differs from that in the address.</summary>
    public string? ServerName { get; init; }

    /// <summary>Accepts any certificate.</summary>
    public bool SkipVerification { get; init; }

    public string? ReadAuthorities()
    {
        if (AuthoritiesFile is null) return Authorities;

        try
        {
            return File.ReadAllText(AuthoritiesFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException($"the cluster's certificate authority cannot be read: {exception.Message}",
                exception);
        }
    }

    /// <exception cref="KubernetesConfigurationException">The authorities cannot be read.</exception>
    public void Check()
    {
        if (!SkipVerification && ReadAuthorities() is { } authorities) _ = Parse(authorities);
    }

    /// <summary>Whether the authorities have changed. False also if the file is incomplete: the previous ones remain in use.</summary>
    public bool HasChanged(string? current)
    {
        try
        {
            var authorities = ReadAuthorities();
            if (authorities == current || authorities is null) return false;
            Parse(authorities);
            return true;
        }
        catch (KubernetesConfigurationException)
        {
            return false;
        }
    }

    public SslClientAuthenticationOptions ClientOptions(string? authorities, X509Certificate2? clientCertificate)
    {
        var options = new SslClientAuthenticationOptions
        {
            ClientCertificateContext = clientCertificate is null ? null
                : SslStreamCertificateContext.Create(clientCertificate, null, offline: true),
        };
        if (SkipVerification)
        {
#pragma warning disable CA5359 // The user requested it explicitly.
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (authorities is not null)
        {
            // No callback: one that accepts an unknown root would accept a wrong name too. The runtime verifies name and time.
            options.CertificateChainPolicy = Policy(Parse(authorities));
        }
        return options;
    }

    /// <exception cref="KubernetesConfigurationException">There is no certificate, or one of them cannot be parsed.</exception>
    private X509Certificate2Collection Parse(string authorities)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(authorities);
        }
        catch (CryptographicException exception)
        {
            throw new KubernetesConfigurationException($"{Origin}: a certificate cannot be read: {exception.Message}", exception);
        }
        return certificates.Count > 0 ? certificates : throw new KubernetesConfigurationException($"{Origin} has no certificate in PEM");
    }

    private string Origin => AuthoritiesFile ?? "certificate-authority-data";

    private static X509ChainPolicy Policy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck, // a cluster's own authority does not publish revocation lists
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ExtraStore.AddRange(authorities); // a bundle may contain intermediate certificates
        return policy;
    }
}
