namespace NetProfiler.Benchmarks;

/// <summary>Medians over the rounds; ratios are taken within a round, against the neighbour.</summary>
internal sealed class ResultTable
{
    private readonly List<(string Name, List<Measurement> Rounds)> _rows = [];

    public void Add(string name, Measurement measurement)
    {
        if (_rows.All(row => row.Name != name)) _rows.Add((name, []));
        _rows.First(row => row.Name == name).Rounds.Add(measurement);
    }

    public void Print(string reference, string floor)
    {
        Console.WriteLine($"  {"",-36}{"requests/s",12}{"kept",8}{"of floor",10}{"server µs/req",15}{"of floor",10}{"wrk µs/req",12}"
            + $"{"its core idle",15}{"agent user µs",15}{"system µs",11}{"RSS MB",9}{"anon",7}");
        foreach (var (name, rounds) in _rows)
        {
            Console.WriteLine(
                $"  {name,-36}{Median(rounds, one => one.RequestsPerSecond),12:F0}{Ratio(rounds, reference),8:P0}{Ratio(rounds, floor),10:P0}" +
                $"{Median(rounds, one => one.ServerMicrosecondsPerRequest),15:F2}{ServerRatio(rounds, floor),10:P0}" +
                $"{Median(rounds, one => one.GeneratorMicrosecondsPerRequest),12:F2}{Median(rounds, one => one.OtherCoreIdle),15:P0}{Median(rounds, one => one.AgentUserMicroseconds),15:F2}" +
                $"{Median(rounds, one => one.AgentSystemMicroseconds),11:F2}{Median(rounds, one => one.ResidentMegabytes?.Total),9:F0}{Median(rounds, one => one.ResidentMegabytes?.Anonymous),7:F0}");
        }

        foreach (var (name, rounds) in _rows)
        {
            foreach (string losses in rounds.Select(one => one.Losses).OfType<string>()) Console.WriteLine($"  {name}: {losses}");
        }
    }

    private double? Ratio(List<Measurement> rounds, string to)
    {
        var other = _rows.First(row => row.Name == to).Rounds;
        return MedianOf(rounds.Zip(other, (one, two) => one.RequestsPerSecond / two.RequestsPerSecond));
    }

    /// <summary>What the server can do with its core, against what it can do there.</summary>
    private double? ServerRatio(List<Measurement> rounds, string to)
    {
        var other = _rows.First(row => row.Name == to).Rounds;
        return MedianOf(rounds.Zip(other, (one, two) => two.ServerMicrosecondsPerRequest / one.ServerMicrosecondsPerRequest));
    }

    private static double? Median(List<Measurement> rounds, Func<Measurement, double?> figure) =>
        MedianOf(rounds.Select(figure).OfType<double>());

    private static double? MedianOf(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return sorted.Length == 0 ? null : sorted[sorted.Length / 2];
    }
}
