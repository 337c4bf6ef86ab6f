using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>Who asks, for one attempt.</summary>
internal sealed class Credential(AuthenticationHeaderValue? authorization, ClientCertificate? clientCertificate)
{
    public AuthenticationHeaderValue? Authorization { get; } = authorization;

    public ClientCertificate? ClientCertificate { get; } = clientCertificate;

    public static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);
}

internal interface ICredentialSource
{
    ValueTask<Credential> GetAsync(CancellationToken cancellationToken);

    /// <summary>The server refused this one: the next is a newer one, where there can be one.</summary>
    void Invalidate(Credential refused);
}

/// <summary>A certificate with its key and, where there are, those that lead to the authority.</summary>
internal sealed class ClientCertificate(SslStreamCertificateContext context)
{
    public SslStreamCertificateContext Context { get; } = context;

    /// <param name="origin">For the error: where the text came from.</param>
    public static ClientCertificate FromPem(string certificatePem, string keyPem, string origin)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificatePem);
            return new(SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificatePem, keyPem), chain, offline: true));
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new KubernetesConfigurationException($"{origin}: the client certificate and its key cannot be read: {exception.Message}", exception);
        }
    }
}

/// <summary>The same for as long as the process lives.</summary>
internal sealed class FixedCredential(Credential credential) : ICredentialSource
{
    public static FixedCredential Anonymous { get; } = new(new Credential(null, null));

    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken) => ValueTask.FromResult(credential);

    public void Invalidate(Credential refused)
    {
        // There is no other.
    }
}
