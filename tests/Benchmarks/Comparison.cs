namespace NetProfiler.Benchmarks;

/// <summary>Two agents in turn, with the same load: what a change costs.</summary>
internal static class Comparison
{
    private const string Without = "without", This = "this agent", Other = "the other agent";

    public static async Task<int> RunAsync(string path, string otherPath, int rounds, int seconds)
    {
        await using var nginx = await Nginx.StartAsync();
        var load = new LoadGenerator(nginx, Connections: 16, DelayMilliseconds: 0, seconds);
        await load.RunAsync(); // warm

        Console.WriteLine($"{rounds} rounds of {seconds} s, keep-alive, 16 connections, closed loop; nginx answers 6 bytes");
        var table = new ResultTable();
        for (int round = 0; round < rounds; round++)
        {
            table.Add(Without, await Measurement.OfAsync(nginx, load));
            foreach (var (name, program) in round % 2 == 0 ? new[] { (This, path), (Other, otherPath) } : [(Other, otherPath), (This, path)])
            {
                await using var agent = await Agent.StartAsync(program, "--comm", "nginx");
                table.Add(name, await Measurement.OfAsync(nginx, load, agent));
            }

            foreach (var (name, program) in new[] { ($"{This}, of another process", path), ($"{Other}, of another process", otherPath) })
            {
                await using var agent = await Agent.StartAsync(program, "--comm", "nobody");
                table.Add(name, await Measurement.OfAsync(nginx, load, agent));
            }
        }

        table.Print(reference: Without, floor: Other);
        return 0;
    }
}
