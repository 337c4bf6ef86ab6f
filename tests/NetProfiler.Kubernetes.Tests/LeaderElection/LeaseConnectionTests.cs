using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.LeaderElection;
using NetProfiler.Kubernetes.Tests.Support;

namespace NetProfiler.Kubernetes.Tests.LeaderElection;

public class LeaseConnectionTests
{
    [Fact]
    public async Task A_leader_whose_connection_dies_silently_renews_on_another_one()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var shim = new TcpShim(server.Address);
        JsonObject? lease = null;
        var version = 0;
        server.Answer = async context =>
        {
            if (context.Request.Method == "GET")
            {
                await (lease is null ? context.Status(404, "NotFound") : context.Json(lease.ToJsonString()));
                return;
            }
            lease = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body))!;
            lease["metadata"]!["resourceVersion"] = (++version).ToString();
            await context.Json(lease.ToJsonString());
        };
        var options = new LeaderElectionOptions
        {
            LeaseNamespace = "netprofiler", LeaseName = "operator", LeaseDuration = TimeSpan.FromSeconds(12),
            RenewDeadline = TimeSpan.FromSeconds(10), RetryPeriod = TimeSpan.FromMilliseconds(200),
        };
        var elsewhere = new ClusterAccess { Server = shim.Address, Trust = server.Access.Trust };
        // A timeout much shorter than a loaded machine needs would make this test about the machine.
        var client = server.Client(options.ClientOptions("test") with { RequestTimeout = TimeSpan.FromSeconds(2) }, access: elsewhere);
        var elector = new LeaderElector(client, options, Prometheus.Metrics.NewCustomRegistry(), TimeProvider.System,
            NullLoggerFactory.Instance);
        using var stop = new CancellationTokenSource();
        var run = elector.RunAsync(token => Task.Delay(Timeout.Infinite, token), stop.Token);
        await Eventually.True(() => Volatile.Read(ref version) >= 3);

        shim.Freeze();
        var before = Volatile.Read(ref version);
        await Eventually.True(() => Volatile.Read(ref version) >= before + 3);

        Assert.True(elector.IsLeader);
        Assert.True(shim.Links > 1);
        await stop.CancelAsync();
        await run.Within();
        Assert.Null(lease!["spec"]!["holderIdentity"]);
    }
}
