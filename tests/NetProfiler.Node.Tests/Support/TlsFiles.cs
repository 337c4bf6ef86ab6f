using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetProfiler.Node.Tests.Support;

/// <summary>A certificate of this machine's loopback address, made for a test, as files that servers read.</summary>
internal static class TlsFiles
{
    /// <summary>Writes cert.pem, key.pem and both.pem.</summary>
    public static void Write(TemporaryFolder folder)
    {
        using var certificate = Create();
        using var key = certificate.GetECDsaPrivateKey()!;
        string certificateText = certificate.ExportCertificatePem(), keyText = key.ExportPkcs8PrivateKeyPem();
        folder.Write("cert.pem", certificateText + "\n");
        folder.Write("key.pem", keyText + "\n");
        folder.Write("both.pem", certificateText + "\n" + keyText + "\n");
    }

    /// <summary>nginx's configuration of a front that speaks TLS.</summary>
    /// <param name="verifies">The client must show a certificate: mutual TLS.</param>
    public static string NginxLines(TemporaryFolder folder, string protocols = "TLSv1.2 TLSv1.3", bool verifies = false) =>
        $"ssl_certificate {folder.File("cert.pem")}; ssl_certificate_key {folder.File("key.pem")}; ssl_protocols {protocols}; " +
        (verifies ? $"ssl_client_certificate {folder.File("cert.pem")}; ssl_verify_client on;" : "");

    /// <summary>A client that trusts the certificate of a test, and shows the certificate of a folder where one is given.</summary>
    public static SslClientAuthenticationOptions Client(SslProtocols protocols = SslProtocols.None, TemporaryFolder? shown = null) => new()
    {
        TargetHost = "localhost",
        EnabledSslProtocols = protocols,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost", // it is signed by itself
        ClientCertificates = shown is null ? null : [X509Certificate2.CreateFromPemFile(shown.File("cert.pem"), shown.File("key.pem"))],
    };

    private static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
