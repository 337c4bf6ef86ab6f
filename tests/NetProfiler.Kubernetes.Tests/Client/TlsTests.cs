using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Tests.Support;

namespace NetProfiler.Kubernetes.Tests.Client;

public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _authority = new("cluster");
    private readonly TestAuthority _other = new("cluster"); // the same name, another key

    [Fact]
    public Task The_right_authority_and_address_are_accepted() => Accepted(Certificate(), _authority.Pem);

    [Fact]
    public Task One_of_several_authorities_is_enough() => Accepted(Certificate(), _other.Pem + "\n" + _authority.Pem);

    [Fact]
    public Task A_wrong_authority_is_refused() => Refused(Certificate(), _other.Pem);

    [Fact]
    public Task A_wrong_authority_is_refused_even_under_the_right_name() =>
        Refused(_other.Issue("localhost", IPAddress.Loopback), _authority.Pem);

    [Fact]
    public Task A_certificate_of_another_name_is_refused() => Refused(_authority.Issue("kubernetes.example"), _authority.Pem);

    [Fact]
    public Task An_expired_certificate_is_refused() =>
        Refused(_authority.Issue("localhost", IPAddress.Loopback, isExpired: true), _authority.Pem);

    [Fact]
    public Task Without_an_authority_of_its_own_a_cluster_is_checked_against_those_of_the_machine() => Refused(Certificate(), null);

    [Fact]
    public Task The_name_of_the_configuration_is_what_the_certificate_must_have() =>
        Accepted(_authority.Issue("kubernetes.example"), _authority.Pem, serverName: "kubernetes.example");

    [Fact]
    public Task A_name_of_the_configuration_that_the_certificate_has_not_is_refused() =>
        Refused(Certificate(), _authority.Pem, serverName: "kubernetes.example");

    [Fact]
    public Task Whoever_asks_for_no_check_gets_none() =>
        Accepted(_other.Issue("elsewhere", isExpired: true), null, skipVerification: true);

    [Fact]
    public async Task An_intermediate_may_come_from_the_server_or_from_the_bundle()
    {
        using var intermediate = new TestAuthority("intermediate", _authority);
        var certificate = intermediate.Issue("localhost", IPAddress.Loopback);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(intermediate.Pem);
        await Accepted(certificate, _authority.Pem, chain: chain);
        await Accepted(certificate, _authority.Pem + "\n" + intermediate.Pem);
        await Refused(certificate, _authority.Pem);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    private X509Certificate2 Certificate() => _authority.Issue("localhost", IPAddress.Loopback);

    private async Task Accepted(
        X509Certificate2 certificate, string? authorities, string? serverName = null, bool skipVerification = false,
        X509Certificate2Collection? chain = null) =>
        Assert.Null(await Ask(certificate, authorities, serverName, skipVerification, chain));

    private async Task Refused(X509Certificate2 certificate, string? authorities, string? serverName = null)
    {
        var error = Assert.IsType<HttpRequestException>(await Ask(certificate, authorities, serverName, skipVerification: false,
            chain: null));
        Assert.IsType<AuthenticationException>(error.InnerException);
    }

    private async Task<Exception?> Ask(
        X509Certificate2 certificate, string? authorities, string? serverName, bool skipVerification, X509Certificate2Collection? chain)
    {
        await using var server = await FakeApiServer.StartAsync(_authority, certificate, chain: chain);
        server.Answer = context => context.Json(Answers.Pod("a", 1));
        var trust = new ClusterTrust { Authorities = authorities, ServerName = serverName, SkipVerification = skipVerification };
        var client = server.Client(access: new() { Server = server.Address, Trust = trust });
        return await Record.ExceptionAsync(() => client.GetAsync<PodRecord>("a", "shop").Within());
    }
}
