using System.Net;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>A proxy is a server on one side and a client on the other, with other bytes on each.</summary>
[Collection(LiveCollection.Name)]
public sealed class HaproxyTests
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_side_of_a_proxy_is_what_its_own_peer_saw(bool splices)
    {
        Live.Require("haproxy", "nginx");
        await using var nginx = await Nginx.StartAsync();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Take());
        await using var haproxy = await Haproxy.StartAsync(address, nginx.Port, splices);
        await using var agent = await Agent.StartAsync("--pid", $"{haproxy.Id}");

        var mix = new TrafficMix(address, nginx.Folder);
        await mix.KeepAliveAsync(connections: 8, requests: 200);
        await mix.PipelinedAsync(connections: 4, requests: 200);
        await mix.ShortAsync(workers: 4, requests: 50);
        await mix.BodiesAsync(connections: 4, requests: 100, discarded: false);
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Assert.Equal(3000, mix.Truth.Count);
        Facts.AssertSame(mix.Truth, run.Exchanges.Where(seen => seen.IsServer).Select(seen => seen.Fact), "clients of the frontend",
            run.Summary);
        Facts.AssertSame(log.Select(line => line.Fact), run.Exchanges.Where(seen => !seen.IsServer).Select(seen => seen.Fact),
            "log of the backend", run.Summary);
        Assert.All(run.Exchanges, seen => Assert.Equal("haproxy", seen.Process.Comm));
        Assert.All(run.Exchanges, seen => Assert.Equal(haproxy.Id, seen.Process.Pid));
        run.AssertNothingLost();
    }
}
