using System.Globalization;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Attacks;

/// <summary>A server that never answers, and clients that make an agent hold what waits for its answers.</summary>
[Collection(LiveCollection.Name)]
public sealed class MemoryAttackTests
{
    /// <summary>What an attack may add: what is held, the ring, and what the collector of garbage has not taken back yet.</summary>
    private const long MaxAddedBytes = 200L * 1024 * 1024;

    // Reads what comes on each connection, and says when the last client has gone.
    private const string Sink = """
        import selectors, socket, sys
        s = selectors.DefaultSelector()
        l = socket.create_server(('127.0.0.1', 0), backlog=1000)
        s.register(l, selectors.EVENT_READ)
        print(l.getsockname()[1], flush=True)
        opened = closed = 0
        while True:
            for key, _ in s.select():
                if key.fileobj is l:
                    s.register(l.accept()[0], selectors.EVENT_READ)
                    opened += 1
                elif not key.fileobj.recv(1 << 20):
                    s.unregister(key.fileobj)
                    key.fileobj.close()
                    closed += 1
        """;

    // PORT CONNECTIONS REQUESTS: of no requests, each connection has one head that does not end.
    private const string Client = """
        import resource, socket, sys
        resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
        port, connections, requests = map(int, sys.argv[1:])
        request = b'GET / HTTP/1.1\r\nHost: x\r\nX: ' + b'a' * 60000
        kept = []
        for _ in range(connections):
            c = socket.create_connection(('127.0.0.1', port))
            kept.append(c)
            for _ in range(requests):
                c.sendall(request + b'\r\n\r\n')
            if not requests:
                c.sendall(request)
        print('held', flush=True)
        sys.stdin.readline()
        """;

    [SkippableTheory]
    [InlineData(12, 500)] // 360 MB of requests without an answer
    [InlineData(4000, 0)] // 240 MB of heads that do not end
    public async Task What_waits_for_an_answer_has_a_bound_and_is_counted(int connections, int requests)
    {
        Live.Require("python3");
        await using var sink = ChildProcess.Start("python3", "-c", "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))\n" + Sink);
        await sink.WaitForLineAsync("");
        string port = sink.Seen.First();
        await using var agent = await Agent.StartAsync("--port", port);
        long before = ResidentBytes(agent.Id);
        await using var client = ChildProcess.Start("python3", "-c", Client, port, $"{connections}", $"{requests}");
        long added = -before + await MostResidentAsync(agent.Id, Task.WhenAll(client.WaitForLineAsync("held"), Task.Delay(3000)));
        await client.WriteLineAsync("");
        Assert.Equal(0, await client.WaitAsync());
        await Task.Delay(500);
        var run = await agent.StopAsync();
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Exchanges);
        Assert.True(added < MaxAddedBytes, $"{added / 1024 / 1024} MiB added to {before / 1024 / 1024}\n{run.Summary}");
        // A busy machine loses events before that much is held.
        Assert.True(run.Counted("times a connection discarded what it held, memory limit reached") + run.Counted("events lost, ring full") > 0,
            run.Summary);
        Assert.DoesNotContain("nothing lost", run.Summary, StringComparison.Ordinal);
    }

    private static async Task<long> MostResidentAsync(int process, Task until)
    {
        long most = 0;
        do
        {
            most = long.Max(most, ResidentBytes(process));
            await Task.Delay(20);
        }
        while (!until.IsCompleted);
        await until;
        return most;
    }

    // Without pages of files, which the kernel takes back.
    private static long ResidentBytes(int process) => File.ReadLines($"/proc/{process}/status")
        .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal) || line.StartsWith("RssShmem:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) * 1024;
}
