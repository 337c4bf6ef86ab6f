using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace NetProfiler.Web.Server;

/// <summary>
/// Restricts the page to one browser, opened with the link of this process. The link's secret works once and is replaced by a cookie.
/// Requests from other sites, or with other names for this address, are refused.
/// </summary>
internal sealed class PageAccess(int port)
{
    private const int SecretBytes = 16;

    private readonly string _cookie = NewSecret();
    private readonly string _secret = NewSecret();
    private readonly string[] _hosts = [$"127.0.0.1:{port}", $"localhost:{port}"];
    private int _isSpent;

    // A cookie is not restricted to a port, so its name contains the port.
    private string CookieName => $"netprofiler-{port}";

    public string Link => $"http://127.0.0.1:{port}/?key={_secret}";

    /// <summary>Null if the request may be answered; otherwise the response's status and a sentence.</summary>
    public (int Status, string Why)? Refuse(HttpContext context)
    {
        var request = context.Request;
        // DNS rebinding: a page of another site whose name was redirected to this address sends its own name.
        if (!_hosts.Contains(request.Host.Value, StringComparer.OrdinalIgnoreCase))
            return (StatusCodes.Status421MisdirectedRequest, "the Host field is not this server's; open the link that netprofiler printed");
        if (!IsOwn(request.Headers.Origin, $"http://{request.Host.Value}"))
            return (StatusCodes.Status403Forbidden, "requests of other origins are refused");
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none"))
            return (StatusCodes.Status403Forbidden, "requests of other sites are refused; open the link that netprofiler printed");
        if (TryRedeem(context)) return null;
        return AreEqual(request.Cookies[CookieName], _cookie) ? null
            : (StatusCodes.Status403Forbidden, "the link works once, in one browser; start netprofiler again for another one");
    }

    // One-time: a second use of the same link is refused.
    private bool TryRedeem(HttpContext context)
    {
        if (context.Request.Path != "/" || !AreEqual(context.Request.Query["key"], _secret)) return false;
        if (Interlocked.Exchange(ref _isSpent, 1) != 0) return false;
        context.Response.Cookies.Append(CookieName, _cookie,
            new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true });
        return true;
    }

    private static bool IsOwn(StringValues origin, string own) => origin.Count == 0 || (origin.Count == 1 && origin[0] == own);

    private static bool AreEqual(string? given, string secret) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(secret));

    private static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
}
