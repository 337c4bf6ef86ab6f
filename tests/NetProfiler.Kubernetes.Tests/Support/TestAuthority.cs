using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>A certificate authority of a cluster of its own.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 _certificate;

    public TestAuthority(string name = "test authority", TestAuthority? parent = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (parent is null)
        {
            _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
        }
        else
        {
            using var issued = request.Create(
                parent._certificate, DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(9),
                RandomNumberGenerator.GetBytes(8));
            _certificate = issued.CopyWithPrivateKey(key);
        }
    }

    public string Pem => _certificate.ExportCertificatePem();

    public X509Certificate2 Issue(string name, IPAddress? address = null, bool isExpired = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (address is not null) names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true,
                includeIssuerAndSerial: false));
        var end = DateTimeOffset.UtcNow.AddDays(isExpired ? -1 : 5);
        using var issued = request.Create(_certificate, DateTimeOffset.UtcNow.AddDays(-5), end, RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    public void Dispose() => _certificate.Dispose();
}
