using System.Diagnostics;
using System.Text;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Sampling.Patterns;

namespace NetProfiler.Benchmarks;

/// <summary>What it costs to find the rule that decides about an exchange; the least of many batches.</summary>
internal static class RuleSearch
{
    /// <summary>The argument that measures this alone.</summary>
    public const string Argument = "rules";

    private const int Batches = 300;
    private const int MaxRules = 16;

    private static readonly byte[][] Known =
        [.. Enumerable.Range(0, 100).Select(i => Encoding.ASCII.GetBytes($"/api/v1/orders/{i}?token=x"))];
    private static readonly byte[][] New =
        [.. Enumerable.Range(0, 20_000).Select(i => Encoding.ASCII.GetBytes($"/api/v1/orders/{i}?token=x"))];
    private static readonly byte[][] Hostile = [Encoding.ASCII.GetBytes("/" + new string('a', RuleSet.MaxPathBytes) + "!")];

    public static void Run()
    {
        Console.WriteLine("finding the rule that decides, the least of many batches");
        Console.WriteLine($"  {"",-56}{"ns",8}{"allocated",11}");
        Measure("no pattern", new RuleSet([SamplingRule.Default]), Known);
        Measure("1 pattern, paths that come again", Rules(1), Known);
        Measure($"{MaxRules} patterns, paths that come again", Rules(MaxRules), Known);
        Measure("1 pattern, paths that are always new", Rules(1), New);
        Measure($"{MaxRules} patterns, paths that are always new", Rules(MaxRules), New);
        Measure($"a pattern made to be slow, a path of {RuleSet.MaxPathBytes} bytes", new RuleSet([Rule("^/(a|aa|a?)+$")]), Hostile);
        Console.WriteLine();
    }

    // None matches, so that every one is looked at.
    private static RuleSet Rules(int count) => new([.. Enumerable.Range(0, count).Select(i => Rule($"^/checkout{i}|/cart[0-9]+{i}$"))]);

    private static SamplingRule Rule(string pattern) => new(pattern, new PathPattern(pattern), null, When4xx: true, When5xx: true);

    private static void Measure(string name, RuleSet rules, byte[][] targets)
    {
        long least = long.MaxValue;
        int each = int.Max(1, 2_000 / targets.Length);
        long now = 0;
        // the engine builds its states, and the paths are met once
        foreach (byte[] target in targets) rules.Find(target, now += 1_000_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int batch = 0; batch < Batches; batch++)
        {
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < each; i++)
            {
                foreach (byte[] target in targets) rules.Find(target, now += 1_000_000_000);
            }

            least = Math.Min(least, Stopwatch.GetTimestamp() - started);
            if (Stopwatch.GetTimestamp() - started > Stopwatch.Frequency / 50 && batch > 10) break;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Console.WriteLine($"  {name,-56}{least * 1e9 / Stopwatch.Frequency / each / targets.Length,8:F0}{allocated / (Batches * each * targets.Length),11}");
    }
}
