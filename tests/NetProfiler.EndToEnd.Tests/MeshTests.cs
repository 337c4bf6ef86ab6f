using System.Text.Json.Nodes;
using NetProfiler.EndToEnd.Tests.Support;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.EndToEnd.Tests;

/// <summary>Sidecars that speak mutual TLS with each other and clear text with their applications: each leg is counted.</summary>
[Collection(WorldCollection.Name)]
public sealed class MeshTests(World world)
{
    private const string Secret = "planted-3f9c1d77";

    /// <summary>Number of requests; the stock delays one of 400.</summary>
    private const int Requests = 300;

    /// <summary>One after the other on connections that are kept; prints how many were answered.</summary>
    private const string Client = """
        const http = require('http'), agent = new http.Agent({keepAlive: true, maxSockets: 1});
        let answered = 0;
        const ask = number => number > COUNT ? (console.log(answered), process.exit(0))
          : http.get({host: '127.0.0.1', port: 8080, path: '/stock/' + number + '?token=SECRET', headers: {authorization: 'Bearer SECRET'}, agent}, response => {
              response.resume().on('end', () => { answered += response.statusCode === 200; ask(number + 1); });
            }).on('error', () => ask(number + 1));
        ask(1);
        """;

    [SkippableFact]
    public async Task All_four_legs_of_two_sidecars_are_counted_exactly()
    {
        World.Require();
        try
        {
            await StartAsync();
            await using var task = await ProfilingTask.Create(world, "mesh",
                "{targets: [{podSelector: {matchLabels: {app: mesh}}, containerNames: [proxy]}], tls: {enabled: true}, activeDeadlineSeconds: 600, sampling: {rules: [{name: all, minDurationMilliseconds: 1, collect: {request: Full, response: Full}}]}}");
            _ = await task.Runs(pods: 2, nodes: 2);
            await task.Counts(4 * Requests, DriveAsync);
            await task.CountsNoMore();

            var status = await task.Status();
            Assert.Equal("True", ProfilingTask.Condition(status, "TLSRead"));
            foreach (string pod in new[] { "mesh-front", "mesh-back" })
            {
                foreach (string role in new[] { "Server", "Client" })
                    Assert.Equal((pod, role, Requests), (pod, role, Sum(status, pod, role)));
            }

            // A TLS connection is read at both of its ends.
            var tls = status["summary"]!["tls"]!;
            Assert.True((long)tls["read"]! is >= 2 and var read && read % 2 == 0, tls.ToJsonString());
            Assert.Null(tls["unread"]);
            Assert.Equal(0, (long)status["summary"]!["unparsed"]!);
            Assert.DoesNotContain(Secret, status.ToJsonString(), StringComparison.Ordinal);
        }
        finally
        {
            await world.Kubectl("-n", "shop", "delete", "pod,service,configmap,secret", "mesh-front", "mesh-back", "mesh", "--ignore-not-found");
        }
    }

    private async Task StartAsync()
    {
        using var certificate = new TemporaryFolder();
        TlsFiles.Write(certificate);
        await world.Apply(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "mesh", ["namespace"] = "shop" },
            ["stringData"] = new JsonObject
            {
                ["cert.pem"] = await File.ReadAllTextAsync(certificate.File("cert.pem")),
                ["key.pem"] = await File.ReadAllTextAsync(certificate.File("key.pem")),
            },
        }.ToJsonString());
        await world.Apply(await File.ReadAllTextAsync(
            Cluster.Tests.Support.Repository.At("tests/NetProfiler.EndToEnd.Tests/manifests/mesh.yaml")));
        await world.Kubectl("wait", "--for=condition=Ready", "--timeout=180s", "pod/mesh-front", "pod/mesh-back", "-n", "shop");
    }

    private async Task DriveAsync()
    {
        string script = Client.Replace("COUNT", $"{Requests}", StringComparison.Ordinal).Replace("SECRET", Secret, StringComparison.Ordinal);
        Assert.Equal($"{Requests}", (await world.Kubectl("-n", "shop", "exec", "mesh-front", "-c", "app", "--", "node", "-e", script)).Trim());
    }

    private static long Sum(JsonNode status, string pod, string role) => status["peers"]!.AsArray()
        .Where(peer => (string?)peer!["local"]!["name"] == pod && (string?)peer["role"] == role).Sum(peer => (long)peer!["requests"]!);
}
