using System.Net;
using System.Net.Sockets;
using NetProfiler.Node.Tests.Support;
using Xunit.Abstractions;

namespace NetProfiler.Node.Tests;

/// <summary>nginx's access log is the truth about what it served, and about what it asked of its backend: itself.</summary>
[Collection(LiveCollection.Name)]
public sealed class NginxTests(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Twenty_thousand_mixed_requests_are_seen_as_nginx_logged_them(bool sendfile)
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync(sendfile: sendfile);
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");
        int[] workers = nginx.Workers;

        var mix = new TrafficMix(nginx.Address, nginx.Folder);
        await mix.KeepAliveAsync(connections: 16, requests: 500);
        await mix.PipelinedAsync(connections: 8, requests: 1000);
        await mix.ShortAsync(workers: 8, requests: 350);
        await mix.BodiesAsync(connections: 4, requests: 300);
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        output.WriteLine(run.Summary);
        Assert.Equal(20_000, mix.Truth.Count);
        AssertAgree(mix, log, run, run.Exchanges.Where(seen => seen.LocalPort == nginx.Port && seen.IsServer));

        var backend = nginx.BackendLog.Select(line => line.Fact).ToList();
        Facts.AssertSame(backend, run.Exchanges.Where(seen => seen.IsServer && seen.LocalPort == nginx.BackendPort)
            .Select(seen => seen.Fact), "backend's log", run.Summary);
        Facts.AssertSame(backend, run.Exchanges.Where(seen => !seen.IsServer).Select(seen => seen.Fact), "requests to the backend",
            run.Summary);

        Assert.All(run.Exchanges, seen => Assert.Contains(seen.Process.Pid, workers));
        Assert.All(run.Exchanges, seen => Assert.Equal("nginx", seen.Process.Comm));
        run.AssertNothingLost();
    }

    /// <remarks>
    /// nginx reads the clock once a round of its event loop, right after epoll_wait. A round that the scheduler interrupts is wrong in
    /// its log by just that time: hence a few may be off. DurationTests has bounds without exceptions.
    /// </remarks>
    [SkippableFact]
    public async Task Durations_are_nginx_s_own_within_a_millisecond()
    {
        const double logResolution = 1, tolerance = 1;
        const int mostInterrupted = 15;
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");

        using (var client = await RawClient.ConnectAsync(nginx.Address))
        {
            for (int i = 0; i < 300; i++)
            {
                var request = (i % 5) switch
                {
                    0 => RawRequest.Get($"/small?n={i}"),
                    1 => RawRequest.Post($"/upload?slow={i}", new byte[100]),
                    2 => RawRequest.Get($"/kept?n={i}", "Range: bytes=0-9\r\n"),
                    3 => RawRequest.Post($"/upload?n={i}", new byte[100_000]),
                    _ => RawRequest.Get($"/f9?n={i}"),
                };
                await client.SendAsync(request, pauseMilliseconds: i % 5 == 1 ? 1 + i / 5 : 0); // between head and body
            }
        }

        var logged = (await nginx.QuitAsync()).ToDictionary(line => line.Fact.Target, line => line.RequestMilliseconds);
        var run = await agent.StopAsync();
        var front = run.Exchanges.Where(seen => seen.IsServer && seen.LocalPort == nginx.Port).ToList();

        Assert.Equal(300, front.Count);
        var off = front.Where(seen => Math.Abs(seen.DurationMicroseconds / 1000.0 - logged[seen.Target]) > tolerance + logResolution)
            .Select(seen => $"{seen.Fact}: {seen.DurationMicroseconds} us, nginx says {logged[seen.Target]} ms").ToList();
        Assert.True(off.Count <= mostInterrupted, $"{off.Count} of 300 are off:\n{string.Join('\n', off.Take(20))}");
        Assert.All(front, seen => Assert.InRange(seen.TimeToFirstByteMicroseconds, 0, seen.DurationMicroseconds));
    }

    [SkippableFact]
    public async Task Workers_that_a_reload_starts_are_targets_from_their_first_request()
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync(workers: 2);
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");
        int[] before = nginx.Workers;

        var mix = new TrafficMix(nginx.Address, nginx.Folder);
        var traffic = mix.ShortAsync(workers: 4, requests: 500);
        while (mix.Truth.Count < 700) await Task.Delay(5);
        nginx.Reload();
        while (nginx.Workers.Intersect(before).Any() && !traffic.IsCompleted) await Task.Delay(5);
        int[] after = nginx.Workers;
        await traffic;
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        AssertAgree(mix, log, run, run.Exchanges);
        Assert.Equal(2, after.Length);
        Assert.Empty(after.Intersect(before));
        Assert.All(run.Exchanges, seen => Assert.Contains(seen.Process.Pid, before.Concat(after)));
        Assert.Contains(run.Exchanges, seen => after.Contains(seen.Process.Pid));
        run.AssertNothingLost();
    }

    [SkippableTheory]
    [InlineData("IPv6")]
    [InlineData("unix")]
    public async Task Listeners_of_other_families_are_seen_as_well(string family)
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");

        EndPoint listener = family == "unix" ? new UnixDomainSocketEndPoint(nginx.UnixPath)
            : new IPEndPoint(IPAddress.IPv6Loopback, nginx.Port);
        string local = family == "unix" ? $"unix:{nginx.UnixPath}" : $"[::1]:{nginx.Port}";
        var mix = new TrafficMix(listener, nginx.Folder);
        await mix.KeepAliveAsync(connections: 4, requests: 200);
        await mix.PipelinedAsync(connections: 2, requests: 400);
        await mix.ShortAsync(workers: 2, requests: 200);
        await mix.BodiesAsync(connections: 2, requests: 100);
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        output.WriteLine(run.Summary);
        Assert.Equal(2200, mix.Truth.Count);
        AssertAgree(mix, log, run, run.Exchanges.Where(seen => seen.Local == local && seen.IsServer));
        run.AssertNothingLost();
    }

    [SkippableFact]
    public async Task An_early_close_is_counted_and_spoils_no_other_connection()
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");

        var mix = new TrafficMix(nginx.Address, nginx.Folder);
        var others = mix.KeepAliveAsync(connections: 2, requests: 500);
        for (int i = 0; i < 10; i++)
        {
            using var client = await RawClient.ConnectAsync(nginx.Address);
            await client.WriteAsync(RawRequest.Post("/upload?cut", new byte[5000]).Head); // and no body
            await Task.Delay(5);
        }

        await others;
        var log = (await nginx.QuitAsync()).Where(line => !line.Fact.Target.EndsWith("?cut", StringComparison.Ordinal)).ToList();
        var run = await agent.StopAsync();

        AssertAgree(mix, log, run, run.Exchanges.Where(seen => seen.IsServer && seen.LocalPort == nginx.Port));
        Assert.Equal(10, run.Counted("unpaired, no response"));
    }

    // A difference is told with what the agent lost: a machine that is too busy loses events.
    private static void AssertAgree(TrafficMix mix, IReadOnlyList<NginxLine> log, AgentRun run, IEnumerable<Seen> seen)
    {
        var facts = seen.Select(one => one.Fact).ToList();
        Facts.AssertSame(mix.Truth, facts, "what clients sent and received", run.Summary);
        Facts.AssertSame(log.Select(line => AsLogged(line.Fact)), facts.Select(AsLogged), "access log", run.Summary);
    }

    private static Fact AsLogged(Fact fact) =>
        fact.Target.StartsWith(TrafficMix.Discarded, StringComparison.Ordinal) ? fact with { RequestBytes = 0 } : fact;
}
