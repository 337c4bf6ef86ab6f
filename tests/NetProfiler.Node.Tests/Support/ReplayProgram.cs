using System.Text.Json;

namespace NetProfiler.Node.Tests.Support;

/// <summary>A replay from its start to its end.</summary>
internal static class ReplayProgram
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task<AgentRun> OfAsync(string path, params string[] options)
    {
        var (code, lines, errors) = await RunAsync(path, options);
        return new AgentRun(code, lines.ConvertAll(line => JsonSerializer.Deserialize<Seen>(line, Json)!), string.Join('\n', errors));
    }

    /// <summary>The same, with what was printed as it stands.</summary>
    public static async Task<(int Code, List<string> Lines, List<string> Errors)> RunAsync(string path, params string[] options)
    {
        await using var process = ChildProcess.Start(Agent.Program,
            ["replay", path, "--output", "json", "--print", "exchanges", .. options]);
        int code = await process.WaitAsync(TimeSpan.FromSeconds(60));
        return (code, await process.Output, await process.Errors);
    }
}

/// <summary>tcpdump on the loopback interface.</summary>
internal sealed class Tcpdump(ChildProcess process, string path) : IAsyncDisposable
{
    public string Path => path;

    public static async Task<Tcpdump> StartAsync(string path, int port, params string[] options)
    {
        // As root, so that it can write into a folder of ours; with room for a burst.
        var process = ChildProcess.Start("tcpdump",
            ["-i", "lo", "-w", path, "-U", "-Z", "root", "-B", "131072", .. options, "tcp", "port", $"{port}"]);
        var tcpdump = new Tcpdump(process, path);
        await process.WaitForLineAsync("listening on");
        return tcpdump;
    }

    /// <summary>Ends it; what it says that the kernel dropped.</summary>
    public async Task<string> StopAsync()
    {
        // What is still in its ring when it is asked to end it does not look at: it must have nothing to do for a while.
        for (long length = -1; length != new FileInfo(path).Length;)
        {
            length = new FileInfo(path).Length;
            await Task.Delay(1500);
        }

        process.Send(Signal.Interrupt);
        await process.WaitAsync();
        return (await process.Errors).Single(line => line.Contains("dropped by kernel", StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
