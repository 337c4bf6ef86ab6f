namespace NetProfiler.Benchmarks;

/// <summary>One stretch of load, as the server and the agent saw it.</summary>
internal sealed record Measurement(
    double RequestsPerSecond,
    double ServerMicrosecondsPerRequest,
    double GeneratorMicrosecondsPerRequest,
    double OtherCoreIdle,
    double? AgentUserMicroseconds,
    double? AgentSystemMicroseconds,
    (double Total, double Anonymous)? ResidentMegabytes,
    string? Losses)
{
    /// <summary>Asking nginx for its count is a request too.</summary>
    private const int CountsAsked = 3;

    public static async Task<Measurement> OfAsync(Nginx nginx, LoadGenerator load, Agent? agent = null)
    {
        long requestsAtStart = await nginx.CountRequestsAsync();
        if (agent is not null) await (load with { Seconds = 1 }).RunAsync(); // what is compiled once is compiled now
        long requestsBefore = await nginx.CountRequestsAsync();
        long cpuBefore = nginx.CpuNanoseconds;
        double generatorBefore = LoadGenerator.CpuSeconds;
        var coreBefore = LoadGenerator.CoreTicks;
        var agentBefore = agent?.CpuSeconds;
        double rate = await load.RunAsync();
        double generator = LoadGenerator.CpuSeconds - generatorBefore;
        var coreAfter = LoadGenerator.CoreTicks;
        await Task.Delay(50); // what wrk left open is closed
        var agentAfter = agent?.CpuSeconds;
        double server = nginx.CpuNanoseconds - cpuBefore;
        long requestsAfter = await nginx.CountRequestsAsync();
        long requests = requestsAfter - requestsBefore;
        var resident = agent?.ResidentMegabytes;
        string? losses = null;
        if (agent is not null)
        {
            var (exchanges, rest) = await agent.StopAsync();
            losses = exchanges == 0 ? null : $"{exchanges} exchanges of {requestsAfter - requestsAtStart + CountsAsked} requests; {rest}";
        }

        return new Measurement(
            rate,
            server / requests / 1000,
            generator / requests * 1e6,
            (double)(coreAfter.Idle - coreBefore.Idle) / (coreAfter.All - coreBefore.All),
            (agentAfter?.User - agentBefore?.User) / requests * 1e6,
            (agentAfter?.System - agentBefore?.System) / requests * 1e6,
            resident,
            losses);
    }
}
