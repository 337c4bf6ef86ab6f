using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetProfiler.Node.Tests.Support;
using NetProfiler.Telemetry.Tests.Export;

namespace NetProfiler.Node.Tests;

/// <summary>A collector that fails and recovers while a run goes on: one line for each, whether lines or the table are shown.</summary>
[Collection(LiveCollection.Name)]
public sealed class CollectorTests
{
    [SkippableTheory]
    [InlineData("json")]
    [InlineData("none")]
    public async Task One_line_says_that_a_collector_fails_and_one_that_it_works_again(string output)
    {
        Live.Require("nginx");
        int port = FreePort.Take();
        await using var nginx = await Nginx.StartAsync();
        await using var agent = ChildProcess.Start(
            Agent.Program, "run", "--pid", $"{nginx.Id}", "--output", output, "--metrics-listen", "none", "--zipkin",
            $"http://127.0.0.1:{port}");
        await agent.WaitForLineAsync("netprofiler: capturing");
        await FailAsync(nginx);
        await agent.WaitForLineAsync("netprofiler: zipkin does not take samples: Connection refused");
        await using (var collector = await TestCollector.StartAsync(HttpProtocols.Http1, port))
        {
            await agent.WaitForLineAsync("netprofiler: zipkin takes samples again");
            Assert.NotEmpty(collector.Requests);
        }

        await FailAsync(nginx);
        await Task.Delay(100);
        agent.Send(Signal.Terminate);
        Assert.Equal(0, await agent.WaitAsync());
        string[] said = [.. (await agent.Errors).Where(line => line.StartsWith("netprofiler: zipkin", StringComparison.Ordinal))];
        Assert.Equal(["netprofiler: zipkin does not take samples: Connection refused", "netprofiler: zipkin takes samples again"],
            said.Take(2));
        Assert.InRange(said.Length, 2, 3); // it fails once more, when it is gone
    }

    [SkippableFact]
    public async Task The_live_table_shows_it_below_and_nothing_tears_it()
    {
        Live.Require("nginx", "script");
        int port = FreePort.Take();
        await using var nginx = await Nginx.StartAsync();
        // On a terminal of its own, where lines would tear the table.
        string run = $"stty cols 150 rows 50; exec {Agent.Program} run --pid {nginx.Id} --output table --metrics-listen none --zipkin "
            + $"http://me:geheim-123@127.0.0.1:{port}";
        await using var agent = ChildProcess.Start("script", "-q", "-e", "-c", run, "/dev/null");
        await agent.WaitForLineAsync("no exchange yet");
        await using var collector = await TestCollector.StartAsync(HttpProtocols.Http1, port);
        bool isOpen = false;
        collector.OnRequest = (context, _) =>
        {
            if (!Volatile.Read(ref isOpen)) context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.FromResult(!Volatile.Read(ref isOpen));
        };
        await FailAsync(nginx);
        await agent.WaitForLineAsync("zipkin does not take samples: permission denied (401); credentials are taken from the "
            + "collector's URL");
        Volatile.Write(ref isOpen, true);
        await FailAsync(nginx);
        await agent.WaitForLineAsync("zipkin takes samples again");
        Assert.NotEmpty(collector.Requests);
        Assert.All(collector.Requests, request => Assert.Equal("Basic bWU6Z2VoZWltLTEyMw==", request.Headers.Authorization.ToString()));
        Assert.DoesNotContain(agent.Seen, line => line.Contains("geheim", StringComparison.Ordinal)
            || line.Contains("netprofiler: zipkin", StringComparison.Ordinal));
    }

    private static async Task FailAsync(Nginx nginx)
    {
        using var client = await RawClient.ConnectAsync(nginx.Address);
        await client.SendAsync(RawRequest.Get("/fail"));
    }
}
