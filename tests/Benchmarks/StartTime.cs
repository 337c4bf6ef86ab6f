using System.Diagnostics;

namespace NetProfiler.Benchmarks;

/// <summary>How long an agent takes from its start until it captures.</summary>
internal static class StartTime
{
    public static async Task<double> MeasureMillisecondsAsync(string program)
    {
        long started = Stopwatch.GetTimestamp();
        await using var agent = await Agent.StartAsync(program, printsLines: false, "--comm", "nobody");
        return Stopwatch.GetElapsedTime(started, agent.CapturingSince).TotalMilliseconds;
    }
}
