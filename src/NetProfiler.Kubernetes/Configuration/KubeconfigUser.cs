using System.Net.Http.Headers;
using System.Text;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>A kubeconfig's user.</summary>
internal static class KubeconfigUser
{
    // kubectl's order: a file before a token, a token before a password, and a plugin where there is neither.
    public static ICredentialSource Credentials(KubeconfigNode user, KubeconfigNode cluster, ConfigurationSources sources)
    {
        var certificate = Certificate(user);
        if (user.PathOf("tokenFile") is { } tokenFile) return new TokenFile(tokenFile, certificate, sources.Time, sources.Logger);
        if (user.Text("token") is { } token) return new FixedCredential(new Credential(Credential.Bearer(token), certificate));
        if (user.Text("username") is { } name) return new FixedCredential(new Credential(Basic(name, user.Text("password") ?? ""), certificate));
        if (user.Map("exec") is { IsMissing: false } exec)
            return new ExecCredentialSource(ExecPlugin.Read(exec, cluster), certificate, sources.Time);
        return new FixedCredential(new Credential(null, certificate));
    }

    public static IReadOnlyList<KeyValuePair<string, string>> Impersonation(KubeconfigNode user)
    {
        var fields = new List<KeyValuePair<string, string>>();
        if (user.Text("as") is { } name) fields.Add(new("Impersonate-User", name));
        if (user.Text("as-uid") is { } uid) fields.Add(new("Impersonate-Uid", uid));
        fields.AddRange(user.Texts("as-groups").Select(group => new KeyValuePair<string, string>("Impersonate-Group", group)));
        foreach (var (key, values) in user.Map("as-user-extra").TextLists())
            fields.AddRange(values.Select(value => new KeyValuePair<string, string>($"Impersonate-Extra-{Uri.EscapeDataString(key)}", value)));
        // The handler joins fields of one name with a comma, which the server takes for one value: better none than another's rights.
        if (fields.CountBy(field => field.Key).FirstOrDefault(field => field.Value > 1) is { Value: > 1 } several)
            throw user.Fault($"{several.Key} has {several.Value} values, and only one can be sent; use a user or group that needs no more");
        return fields.Count == 0 || user.Text("as") is not null
            ? fields
            : throw user.Fault("as-uid, as-groups and as-user-extra need as: the name of whoever is impersonated");
    }

    private static ClientCertificate? Certificate(KubeconfigNode user)
    {
        var certificate = Kubeconfig.DataOrFile(user, "client-certificate");
        var key = Kubeconfig.DataOrFile(user, "client-key");
        return (certificate, key) switch
        {
            (null, null) => null,
            ({ } pem, { } keyPem) => ClientCertificate.FromPem(pem, keyPem, user.File),
            _ => throw user.Fault("client-certificate and client-key belong together: one of them is missing"),
        };
    }

    private static AuthenticationHeaderValue Basic(string name, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}")));
}
