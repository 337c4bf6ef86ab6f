using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>Masks secrets in the value of a header field, depending on the field.</summary>
internal static class FieldRedactor
{
    private static readonly string[] CookieAttributes =
        ["path", "domain", "expires", "max-age", "httponly", "secure", "samesite", "partitioned", "priority", "version"];

    public static string Redact(string name, string value, Redactor redactor)
    {
        if (value.Length == 0) return value;
        if (Is(name, "Cookie") || Is(name, "Cookie2")) return Cookies(value, redactor);
        if (Is(name, "Set-Cookie") || Is(name, "Set-Cookie2")) return SetCookie(value, redactor);
        if (redactor.IsSecret(name)) return Secret(value, redactor);
        if (Is(name, "Host") && value.Contains('@')) return UrlRedactor.RedactUserInfo("//" + value, redactor)[2..];
        if (Is(name, "Sec-WebSocket-Protocol")) return Protocols(value, redactor);
        if (!value.AsSpan().ContainsAny("=:{@")) return value;

        // Referer, Location, Link, Forwarded, and other fields with parameters or a URL in their value.
        string url = value.AsSpan().ContainsAny('?', '#') && !value.AsSpan().ContainsAny(' ', ',', '<')
            ? UrlRedactor.Redact(value, redactor, allValues: false)
            : UrlRedactor.RedactUserInfo(value, redactor);
        return url[0] == '<' ? LooseRedactor.Redact(url, redactor) : redactor.Text(url, TextKind.Plain);
    }

    // "Bearer abc" keeps its first word if that is a known scheme.
    private static string Secret(string value, Redactor redactor)
    {
        int space = value.IndexOf(' ');
        if (space < 0 || !AuthorizationSchemes.Contains(value.AsSpan(0, space)))
            return AuthorizationSchemes.Contains(value) ? value : redactor.Masker.Mask(value);
        return $"{value.AsSpan(0, space)} {redactor.Masker.Mask(value.AsSpan(space + 1).Trim())}";
    }

    // Browsers cannot send Authorization with a WebSocket: the token is one of the protocols, "bearer, TOKEN" or "name.bearer.TOKEN".
    private static string Protocols(string value, Redactor redactor)
    {
        const int LeastToken = 16;
        var output = new StringBuilder(value.Length);
        bool isSecretNext = false;
        foreach (var range in value.AsSpan().Split(','))
        {
            var protocol = value.AsSpan(range).Trim();
            if (output.Length > 0) output.Append(", ");
            bool isName = redactor.IsSecret(protocol) || AuthorizationSchemes.Contains(protocol);
            int part = protocol.LastIndexOf('.') + 1;
            bool isToken = protocol.Length - part >= LeastToken && protocol[part..].ContainsAnyInRange('0', '9')
                && protocol[part..].ContainsAnyInRange('A', 'Z');
            if (isSecretNext && !isName) output.Append(redactor.Masker.Mask(protocol));
            else if (!isName && (isToken || protocol.Contains("bearer", StringComparison.OrdinalIgnoreCase)))
                output.Append(protocol[..part]).Append(redactor.Masker.Mask(protocol[part..]));
            else output.Append(protocol);
            isSecretNext = isName;
        }

        return output.ToString();
    }

    private static string Cookies(string value, Redactor redactor)
    {
        var output = new StringBuilder(value.Length);
        foreach (var range in value.AsSpan().Split(';'))
        {
            if (output.Length > 0) output.Append("; ");
            AppendCookie(output, value.AsSpan(range).Trim(), redactor);
        }

        return output.ToString();
    }

    private static string SetCookie(string value, Redactor redactor)
    {
        var output = new StringBuilder(value.Length);
        foreach (var range in value.AsSpan().Split(';'))
        {
            var part = value.AsSpan(range).Trim();
            bool isFirst = output.Length == 0;
            if (!isFirst) output.Append("; ");
            if (!isFirst && IsAttribute(part)) output.Append(part);
            else AppendCookie(output, part, redactor);
        }

        return output.ToString();
    }

    private static void AppendCookie(StringBuilder output, ReadOnlySpan<char> cookie, Redactor redactor)
    {
        if (cookie.IsEmpty) return;
        int equals = cookie.IndexOf('=');
        output.Append(cookie[..(equals + 1)]).Append(redactor.Masker.Mask(cookie[(equals + 1)..].Trim('"')));
    }

    private static bool IsAttribute(ReadOnlySpan<char> part)
    {
        int equals = part.IndexOf('=');
        var name = equals < 0 ? part : part[..equals];
        foreach (string attribute in CookieAttributes)
        {
            if (name.Trim().Equals(attribute, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
