using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>An API server as a plain HTTP client sees it, for what kubectl is too slow or too clever.</summary>
internal sealed class ApiServer : IDisposable
{
    public const string Json = "application/json";
    public const string MergePatch = "application/merge-patch+json";
    public const string Apply = "application/apply-patch+yaml";

    private readonly HttpClient _client;

    private ApiServer(SocketsHttpHandler transport, string address, string? token)
    {
        transport.UseProxy = false;
        _client = new(transport) { BaseAddress = new(address), Timeout = TimeSpan.FromMinutes(1) };
        if (token is not null) _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary><paramref name="authority"/>: the certificate that the server made for itself.</summary>
    public static ApiServer WithToken(string address, string authority, string token)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPemFile(authority);
        return new(new() { SslOptions = { CertificateChainPolicy = trust } }, address, token);
    }

    /// <summary>Behind <c>kubectl proxy</c>, which knows who we are.</summary>
    public static ApiServer BehindProxy(string address) => new(new(), address, null);

    public void Dispose() => _client.Dispose();

    /// <summary>As ourselves, or as a service account.</summary>
    public async Task<(HttpStatusCode Code, JsonNode Body)> Send(HttpMethod method, string path, string body = "", string type = Json,
        string? user = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (user is not null) Impersonate(request, user);
        if (body.Length > 0) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type));
        using var response = await _client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)! : new JsonObject { ["message"] = text });
    }

    /// <summary>The answer, which must be a success.</summary>
    public async Task<JsonNode> Do(HttpMethod method, string path, string body = "", string type = Json)
    {
        var (code, answer) = await Send(method, path, body, type);
        return (int)code is >= 200 and < 300 ? answer
            : throw new InvalidOperationException($"{method} {path}: {(int)code} {answer["message"]}");
    }

    /// <summary>Null: there is none.</summary>
    public async Task<JsonNode?> Find(string path) =>
        await Send(HttpMethod.Get, path) switch
        {
            (HttpStatusCode.NotFound, _) => null,
            ( >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices, var found) => found,
            var (code, answer) => throw new InvalidOperationException($"GET {path}: {(int)code} {answer["message"]}"),
        };

    /// <summary>Server-side apply: makes or changes the object that the YAML describes.</summary>
    public Task<(HttpStatusCode Code, JsonNode Body)> TryApply(string path, string yaml) =>
        Send(HttpMethod.Patch, path + "?fieldManager=test&force=true", yaml, Apply);

    /// <summary>Makes a custom resource definition, and waits until the server serves it. False: it was there.</summary>
    public async Task<bool> Establish(string yaml)
    {
        const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        var (code, body) = await Send(HttpMethod.Post, Definitions, yaml, "application/yaml");
        if (code == HttpStatusCode.Conflict) return false;
        if (code != HttpStatusCode.Created) throw new InvalidOperationException($"{(int)code} {body["message"]}");

        await Eventually.IsTrue($"{body["metadata"]!["name"]} is served", async () =>
        {
            var spec = body["spec"]!;
            var (answer, _) = await Send(HttpMethod.Get,
                $"/apis/{spec["group"]}/{spec["versions"]![0]!["name"]}/namespaces/default/{spec["names"]!["plural"]}");
            return answer == HttpStatusCode.OK;
        });
        return true;
    }

    private static void Impersonate(HttpRequestMessage request, string serviceAccount)
    {
        request.Headers.Add("Impersonate-User", serviceAccount);
        request.Headers.Add("Impersonate-Group",
            ["system:serviceaccounts", $"system:serviceaccounts:{serviceAccount.Split(':')[2]}", "system:authenticated"]);
    }
}
