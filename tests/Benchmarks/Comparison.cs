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
            foreach (var (name, program) in round % 2 == 0 ? new[] { (This, path), (Other, otherPath) }
                : [(Other, otherPath), (This, path)])
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
        (string, string)[] both = [(This, path), (Other, otherPath)];
        await AlternateAsync("milliseconds from the start until it captures", both, rounds, StartTime.MeasureMillisecondsAsync);
        foreach (var (name, one) in PrintedLine.Loads(nginx, seconds))
            await AlternateAsync($"microseconds of CPU a printed line, {name}", both, rounds,
                program => PrintedLine.MeasureAsync(program, nginx, one));
        return 0;
    }

    /// <summary>Prints the medians of a figure of some programs, measured in turn, and of its ratios to the last one's.</summary>
    public static async Task AlternateAsync(string title, IReadOnlyList<(string Name, string Path)> programs, int rounds,
        Func<string, Task<double>> measure)
    {
        var figures = programs.Select(_ => new List<double>()).ToList();
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < programs.Count; i++) figures[i].Add(await measure(programs[i].Path));
        }

        Console.WriteLine($"{Environment.NewLine}{title}");
        for (int i = 0; i < programs.Count; i++)
        {
            double ratio = Median(figures[i].Zip(figures[^1], (one, last) => one / last));
            Console.WriteLine($"  {programs[i].Name,-36}{Median(figures[i]),8:F1}{(programs.Count > 1 ? $"{ratio,8:P0} of {programs[^1].Name}" : "")}");
        }
    }

    private static double Median(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return sorted[sorted.Length / 2];
    }
}
