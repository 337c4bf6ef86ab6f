using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Names of fields and parameters whose values do not leave the process. Compared without case and without separators, so that
/// <c>X-Api-Key</c>, <c>x_api_key</c> and <c>xApiKey</c> are one name. Built-in names cannot be taken away, only added to.
/// </summary>
public sealed class SecretNames
{
    /// <summary>Of a longer name, its end is compared; bounds the work for hostile input.</summary>
    public const int MaxNameLength = 128;

    private static readonly string[] WholeNames =
    [
        "authorization", "proxyauthorization", "authenticationinfo", "cookie", "cookie2", "setcookie", "auth", "pwd", "pass", "pin", "otp", "cvv", "cvc",
        "session", "sessionid", "sid", "jsessionid", "phpsessid", "sig", "jwt", "code", "authorizationcode", "assertion", "codeverifier",
    ];

    // "userPassword", "client_secret", "X-CSRF-Token", "X-Amz-Signature"
    private static readonly string[] Endings =
    [
        "password", "passwd", "passphrase", "passcode", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "subscriptionkey",
        "credential", "credentials", "signature", "clientassertion", "clientcert", "authkey",
    ];

    private readonly string[] _additional;
    private readonly byte[][] _wholeNames;
    private static readonly byte[][] EndingBytes = [.. Endings.Select(Encoding.ASCII.GetBytes)];

    /// <param name="additional">More names, as the task has them; compared whole.</param>
    public SecretNames(IEnumerable<string>? additional = null)
    {
        _additional = [.. additional ?? []];
        _wholeNames = [.. WholeNames.Concat(_additional.Select(Folded)).Where(name => name.Length > 0).Distinct().Select(Encoding.ASCII.GetBytes)];
    }

    /// <summary>The names of both.</summary>
    public SecretNames With(SecretNames other) => new(_additional.Concat(other._additional));

    public static SecretNames Default { get; } = new();

    /// <summary>Whether the value under this name, as it is on the wire (without percent-encoding), is a secret. Allocates nothing.</summary>
    public bool Contains(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxNameLength) name = name[^MaxNameLength..];
        Span<byte> folded = stackalloc byte[MaxNameLength];
        int length = 0;
        foreach (byte one in name)
        {
            if (char.IsAsciiLetterOrDigit((char)one)) folded[length++] = (byte)(one | 0x20); // digits have the bit already
        }

        var compared = folded[..length];
        foreach (byte[] whole in _wholeNames)
        {
            if (compared.SequenceEqual(whole)) return true;
        }

        foreach (byte[] ending in EndingBytes)
        {
            if (compared.EndsWith(ending)) return true;
        }

        return false;
    }

    private static string Folded(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
}
