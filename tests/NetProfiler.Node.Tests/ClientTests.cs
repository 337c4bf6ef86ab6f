using System.Net;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>What a client's side shows is what the server logged.</summary>
[Collection(LiveCollection.Name)]
public sealed class ClientTests
{
    [SkippableFact]
    public async Task Curls_that_start_later_are_seen_by_their_name()
    {
        Live.Require("nginx", "curl");
        await using var nginx = await Nginx.StartAsync();
        using var curl = new NamedProgram("curl");
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("body"), new byte[1_200_000]); // curl waits for 100 Continue
        await using var agent = await Agent.StartAsync("--comm", curl.Name);

        string at = $"http://127.0.0.1:{nginx.Port}";
        for (int i = 0; i < 8; i++)
        {
            await ChildProcess.RunAsync(curl.Path,
                ["-s", "--fail-early", $"{at}/small?n=[1-20]", $"{at}/f[0-11]", $"{at}/missing", $"{at}/fail", "-o", "/dev/null"]);
            await ChildProcess.RunAsync(curl.Path, ["-s", "--parallel", $"{at}/f8?p=[1-10]", "-o", "/dev/null"]);
            await ChildProcess.RunAsync(curl.Path, "-sI", $"{at}/f5");
            await ChildProcess.RunAsync(curl.Path, "-s", "--compressed", $"{at}/text.txt", "-o", "/dev/null");
            await ChildProcess.RunAsync(curl.Path, "-s", "-d", "a=1&b=2", $"{at}/upload");
            await ChildProcess.RunAsync(curl.Path, "-s", "-T", folder.File("body"), $"{at}/upload");
            await ChildProcess.RunAsync(curl.Path, "-s", "-T", folder.File("body"), "-H", "Transfer-Encoding: chunked", $"{at}/upload");
            await ChildProcess.RunAsync(curl.Path, "-s", "-0", "--compressed", $"{at}/text.txt", "-o", "/dev/null");
        }

        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();
        Assert.Equal(8 * (20 + 12 + 2 + 10 + 6), log.Count);
        Facts.AssertSame(log.Select(line => line.Fact), run.Exchanges.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.All(run.Exchanges, seen => Assert.Equal(("client", curl.Name), (seen.Role, seen.Process.Comm)));
        run.AssertNothingLost();
    }

    [SkippableFact]
    public async Task Both_ends_of_a_connection_agree()
    {
        Live.Require("nginx", "wrk");
        await using var nginx = await Nginx.StartAsync();
        using var wrk = new NamedProgram("wrk");
        using var folder = new TemporaryFolder();
        // One connection a thread, and a thread stops at an answer: so none is left without its own.
        await File.WriteAllTextAsync(folder.File("stop.lua"), """
            local paths, sent, received = { "/small", "/f8", "/missing", "/fail", "/f4" }, 0, 0
            function request() sent = sent + 1; return wrk.format("GET", paths[sent % 5 + 1] .. "?n=" .. sent) end
            function response() received = received + 1; if received == 1000 then wrk.thread:stop() end end
            """);
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}", "--comm", wrk.Name);

        await ChildProcess.RunAsync(wrk.Path, "-t", "4", "-c", "4", "-d", "4", "-s", folder.File("stop.lua"),
            $"http://127.0.0.1:{nginx.Port}/");
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        var served = run.Exchanges.Where(seen => seen.IsServer).ToList();
        var asked = run.Exchanges.Where(seen => !seen.IsServer).ToList();
        Assert.Equal(4000, log.Count);
        Facts.AssertSame(log.Select(line => line.Fact), served.Select(seen => seen.Fact), "access log, server's side", run.Summary);
        Facts.AssertSame(log.Select(line => line.Fact), asked.Select(seen => seen.Fact), "access log, client's side", run.Summary);
        Assert.All(asked, seen => Assert.Equal(wrk.Name, seen.Process.Comm));
        AssertNested(served, asked);
        run.AssertNothingLost();
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(65536)]
    public async Task A_client_that_ends_its_half_first_still_gets_its_answer_seen(int responseBytes)
    {
        Live.Require();
        using var listener = FreePort.Listen();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var agent = await Agent.StartAsync("--port", $"{port}");

        byte[] answer = [.. System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {responseBytes}\r\n\r\n"),
            .. new byte[responseBytes]];
        var truth = new List<Fact>();
        for (int i = 0; i < 20; i++)
        {
            var request = RawRequest.Get($"/half?n={i}");
            using var client = await RawClient.ConnectAsync(listener.LocalEndpoint);
            await client.WriteAsync(request.Head);
            client.Shutdown();
            using (var server = await listener.AcceptSocketAsync())
            {
                while (await server.ReceiveAsync(new byte[1000]) > 0)
                {
                }

                await server.SendAsync(answer);
            }

            await Task.Delay(10); // answer and end are there before the client looks
            int received = 0;
            while (await client.ReadAsync(new byte[1000]) is var read and > 0) received += read;
            Assert.Equal(answer.Length, received);
            truth.Add(new Fact("GET", request.Target, 200, request.Length, answer.Length));
        }

        var run = await agent.StopAsync();
        Facts.AssertSame(truth, run.Exchanges.Where(seen => seen.IsServer).Select(seen => seen.Fact), "server's side");
        Facts.AssertSame(truth, run.Exchanges.Where(seen => !seen.IsServer).Select(seen => seen.Fact), "client's side");
        run.AssertNothingLost();
    }

    /// <summary>The client's time encloses the server's: begun before, and ended after.</summary>
    private static void AssertNested(List<Seen> served, List<Seen> asked)
    {
        var ends = served.GroupBy(seen => (seen.Local, seen.Remote))
            .ToDictionary(group => group.Key, group => group.OrderBy(seen => seen.Time).ToList());
        var broken = new List<string>();
        foreach (var connection in asked.GroupBy(seen => (Local: seen.Remote, Remote: seen.Local)))
        {
            foreach (var (client, server) in connection.OrderBy(seen => seen.Time).Zip(ends[connection.Key]))
            {
                Assert.Equal(server.Fact, client.Fact);
                if (client.Time > server.Time || client.DurationMicroseconds < server.DurationMicroseconds)
                    broken.Add($"{client.Fact}: client {client.Time:ss.fffffff} {client.DurationMicroseconds} us, server "
                        + $"{server.Time:ss.fffffff} {server.DurationMicroseconds} us");
            }
        }

        Assert.True(broken.Count == 0, $"{broken.Count} of {asked.Count} are not nested:\n{string.Join('\n', broken.Take(20))}");
    }
}
