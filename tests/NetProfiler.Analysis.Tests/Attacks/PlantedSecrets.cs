using System.IO.Compression;
using System.Net;
using System.Text;

namespace NetProfiler.Analysis.Tests.Attacks;

/// <summary>
/// Requests with one secret each: every kind of name in every kind of place and coding, and values that are secrets by their form.
/// </summary>
internal static class PlantedSecrets
{
    private static readonly string[] Names =
    [
        "password", "Password2", "password_confirmation", "userPassword", "DB_PASSWORD", "new-password", "passwords", "user_pin",
        "otp", "cardCvv",
        "api_key", "apiKeys", "X-Api-Key", "secret_id", "client_secret", "AWS_SECRET_ACCESS_KEY", "token", "access_token", "refreshToken",
        "id_token_2",
        "csrf-token", "X-Authorization", "X-Forwarded-Authorization", "X-Original-Authorization", "X-Auth", "X-Session-Id", "X-JWT",
        "My-Jwt-Assertion", "X-Amzn-Oidc-Data", "SAMLResponse", "private_key", "signing-key", "credentials", "passphrase", "session",
    ];

    /// <summary>Beginnings and what follows them; # stands for the planted characters.</summary>
    private static readonly string[] Forms =
    [
        "AKIA#", "ghp_#abcd", "gho_#abcd", "github_pat_#abcd", "glpat-#abcd", "xoxb-#", "xoxp-#", "sk_live_#", "rk_test_#",
        "npm_#0123456789abcdef0123",
        "AIza#0123456789abcdef", "eyJhbGciOiJIUzI1NiJ9.eyJ1IjoiMSJ9.#", "hvs.#abcdefgh", "Basic #", "Bearer #", "SG.#abcdef",
        "-----BEGIN PRIVATE KEY-----\n#\n-----END PRIVATE KEY-----",
    ];

    public static IEnumerable<PlantedSecret> All()
    {
        int number = 0;
        foreach (string name in Names)
        {
            foreach (var place in Places()) yield return Make($"{place.Title}: {name}", $"Pl4nt{number++:d5}Zq9", place.Request, name);
        }

        foreach (string form in Forms)
        {
            foreach (var place in PlacesOfForms())
            {
                if (form.Contains('\n') && place.IsLine) continue;
                string secret = $"PL4NT{number++:d5}ZQ90AB";
                yield return new PlantedSecret($"{place.Title}: {form.Split('\n')[0]}", secret,
                    place.Request(form.Replace("#", secret, StringComparison.Ordinal)));
            }
        }

        foreach (var place in PlacesOfUserInfo())
        {
            string secret = $"Pl4nt{number++:d5}Zq9";
            yield return new PlantedSecret(place.Title, secret, place.Request($"ann:{secret}@shop"));
        }

        foreach (string protocol in new[] { "bearer, #", "v1.bearer.#", "base64url.bearer.authorization.k8s.io.#, v4.channel.k8s.io",
            "access_token, #" })
        {
            string secret = $"Pl4nt{number++:d5}Zq9Zq9Zq9";
            yield return new PlantedSecret($"protocol {protocol}", secret,
                Get("/", $"Sec-WebSocket-Protocol: {protocol.Replace("#", secret, StringComparison.Ordinal)}\r\n"));
        }
    }

    private static PlantedSecret Make(string title, string secret, Func<string, string, byte[]> request, string name) =>
        new(title, secret, request(name, secret));

    private static IEnumerable<(string Title, Func<string, string, byte[]> Request)> Places() =>
    [
        ("field", (name, secret) => Get("/", $"{name}: {secret}\r\n")),
        ("query", (name, secret) => Get($"/a?x=1&{name}={secret}&y=2")),
        ("query, coded name", (name, secret) => Get($"/a?%{(int)name[0]:x2}{name[1..]}={secret}")),
        ("indexed query", (name, secret) => Get($"/a?{name}[0]={secret}&user[{name}]={secret}")),
        ("path parameter", (name, secret) => Get($"/a;{name}={secret}/b")),
        ("fragment", (name, secret) => Get("/", $"Referer: https://shop/cb#{name}={secret}\r\n")),
        ("URL in a query", (name, secret) => Get($"/a?next={Uri.EscapeDataString($"https://x/?{name}={secret}")}")),
        ("cookie", (name, secret) => Get("/", $"Cookie: theme=dark; {name}={secret}\r\n")),
        ("another field's parameter", (name, secret) => Get("/", $"X-Debug: {name}={secret}, a=b\r\n")),
        ("form", (name, secret) => Post("application/x-www-form-urlencoded", $"user=ann&{name}={secret}&z=1")),
        ("form, nested name", (name, secret) => Post("application/x-www-form-urlencoded", $"user.{name}={secret}&{name}.value={secret}")),
        ("JSON", (name, secret) => Post("application/json", $$"""{"user":"ann","{{name}}":"{{secret}}"}""")),
        ("JSON below", (name, secret) => Post("application/json", $$$"""{"a":[{"{{{name}}}":{"x":["{{{secret}}}"]}}]}""")),
        ("JSON in a string", (name, secret) => Post("application/json", $$"""{"body":"{\"{{name}}\":\"{{secret}}\"}"}""")),
        ("name and value", (name, secret) => Post("application/json", $$"""{"headers":[{"name":"{{name}}","value":"{{secret}}"}]}""")),
        ("key and value", (name, secret) => Post("application/json", $$"""[{"key":"{{name}}","value":"{{secret}}"}]""")),
        ("value and name", (name, secret) => Post("application/json", $$"""[{"value":"{{secret}}","enabled":true,"name":"{{name}}"}]""")),
        ("XML element", (name, secret) => Post("application/xml", $"<a><b>1</b><{name}>{secret}</{name}></a>")),
        ("SOAP", (name, secret) => Post("application/soap+xml",
            $"<s:Envelope xmlns:s='x'><s:Body><n:{name} xmlns:n='y'>{secret}</n:{name}></s:Body></s:Envelope>")),
        ("XML attribute", (name, secret) => Post("text/xml", $"<user id='1' {name}='{secret}'/>")),
        ("HTML input", (name, secret) => Post("text/html", $"<form><input type=hidden name=\"{name}\" value=\"{secret}\"></form>")),
        ("YAML", (name, secret) => Post("application/yaml", $"user: ann\n{name}: {secret}\nz: 1\n")),
        ("YAML block", (name, secret) => Post("application/yaml", $"user: ann\n{name}: |\n  {secret}\n  {secret}\nz: 1\n")),
        ("YAML below", (name, secret) => Post("text/plain", $"a:\n  {name}:\n    {secret}\nz: 1\n")),
        ("text", (name, secret) => Post("text/plain", $"log line, {name}={secret}; next")),
        ("multipart", (name, secret) => Part($"--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{secret}\r\n--b--\r\n")),
        ("multipart with LF", (name, secret) => Part($"--b\nContent-Disposition: form-data; name=\"{name}\"\n\n{secret}\n--b--\n")),
        ("multipart, folded", (name, secret) =>
            Part($"--b\r\nContent-Disposition: form-data;\r\n name=\"{name}\"\r\n\r\n{secret}\r\n--b--\r\n")),
        ("gzip", (name, secret) => Coded("gzip", to => new GZipStream(to, CompressionLevel.Optimal), $$"""{"{{name}}":"{{secret}}"}""")),
        ("deflate", (name, secret) => Coded("deflate", to => new ZLibStream(to, CompressionLevel.Optimal), $$"""{"{{name}}":"{{secret}}"}""")),
        ("br", (name, secret) => Coded("br", to => new BrotliStream(to, CompressionLevel.Optimal), $$"""{"{{name}}":"{{secret}}"}""")),
    ];

    private static IEnumerable<(string Title, bool IsLine, Func<string, byte[]> Request)> PlacesOfForms() =>
    [
        ("path", true, value => Get($"/a/{Uri.EscapeDataString(value)}/b")),
        ("query", true, value => Get($"/a?q={Uri.EscapeDataString(value)}")),
        ("field", true, value => Get("/", $"X-Other: {value}\r\n")),
        ("JSON", false, value => Post("application/json", $$"""{"note":"{{value.Replace("\n", "\\n", StringComparison.Ordinal)}}","z":1}""")),
        ("XML", false, value => Post("application/xml", $"<a><note>{WebUtility.HtmlEncode(value)}</note></a>")),
        ("text", false, value => Post("text/plain", $"see {value} there")),
        ("form", true, value => Post("application/x-www-form-urlencoded", $"note={Uri.EscapeDataString(value)}&z=1")),
    ];

    private static IEnumerable<(string Title, Func<string, byte[]> Request)> PlacesOfUserInfo() =>
    [
        ("Host", authority => Bytes($"GET / HTTP/1.1\r\nHost: {authority}\r\n\r\n")),
        ("absolute target", authority => Get($"http://{authority}/a")),
        ("Referer", authority => Get("/", $"Referer: https://{authority}/x\r\n")),
        ("scheme-relative", authority => Get("/", $"Link: <//{authority}/x>; rel=next\r\n")),
        ("DSN in JSON", authority => Post("application/json", $$"""{"url":"postgres://{{authority}}/db"}""")),
        ("DSN in text", authority => Post("text/plain", $"connect to redis://{authority}:6379 now")),
        ("DSN in XML", authority => Post("application/xml", $"<a href=\"amqp://{authority}/x\"/>")),
        ("URL in a query", authority => Get($"/a?u={Uri.EscapeDataString($"https://{authority}/")}")),
    ];

    private static byte[] Get(string target, string fields = "") => Bytes($"GET {target} HTTP/1.1\r\nHost: shop\r\n{fields}\r\n");

    private static byte[] Post(string type, string body) =>
        Bytes($"POST /a HTTP/1.1\r\nHost: shop\r\nContent-Type: {type}\r\nContent-Length: "
            + $"{Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    private static byte[] Part(string body) => Post("multipart/form-data; boundary=b", body);

    private static byte[] Coded(string coding, Func<Stream, Stream> open, string body)
    {
        var coded = new MemoryStream();
        using (var stream = open(coded)) stream.Write(Encoding.UTF8.GetBytes(body));
        byte[] content = coded.ToArray();
        return [.. Bytes("POST /a HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Encoding: "
            + $"{coding}\r\nContent-Length: {content.Length}\r\n\r\n"), .. content];
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

/// <param name="Title">Place and name.</param>
/// <param name="Secret">Nowhere else in the request.</param>
internal sealed record PlantedSecret(string Title, string Secret, byte[] Request);
