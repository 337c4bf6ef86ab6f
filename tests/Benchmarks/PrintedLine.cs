namespace NetProfiler.Benchmarks;

/// <summary>What a printed exchange costs: the agent's CPU time with lines, which go nowhere, less that without.</summary>
internal static class PrintedLine
{
    /// <summary>
    /// As fast as it goes, and at about 1,000 requests a second, where each hand-over to the writing thread has few lines.
    /// </summary>
    public static (string Name, LoadGenerator Load)[] Loads(Nginx nginx, int seconds) =>
    [
        ("closed loop", new LoadGenerator(nginx, Connections: 16, DelayMilliseconds: 0, seconds)),
        ("some 1,000 requests a second", new LoadGenerator(nginx, Connections: 1, DelayMilliseconds: 1, seconds)),
    ];

    /// <summary>Microseconds a line, of all the agent's threads, in user and kernel mode.</summary>
    public static async Task<double> MeasureAsync(string program, Nginx nginx, LoadGenerator load) =>
        await CpuAsync(program, nginx, load, printsLines: true) - await CpuAsync(program, nginx, load, printsLines: false);

    private static async Task<double> CpuAsync(string program, Nginx nginx, LoadGenerator load, bool printsLines)
    {
        await using var agent = await Agent.StartAsync(program, printsLines, "--comm", "nginx");
        await (load with { Seconds = 1 }).RunAsync(); // what is made once is made now
        long requests = await nginx.CountRequestsAsync(), cpu = agent.CpuNanoseconds;
        await load.RunAsync();
        return (agent.CpuNanoseconds - cpu) / 1000.0 / (await nginx.CountRequestsAsync() - requests);
    }
}
