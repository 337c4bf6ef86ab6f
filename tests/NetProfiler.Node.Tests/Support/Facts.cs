using System.Text;

namespace NetProfiler.Node.Tests.Support;

/// <summary>What both ends and everyone between must agree on about one exchange.</summary>
internal readonly record struct Fact(string Method, string Target, int Status, long RequestBytes, long ResponseBytes)
{
    public override string ToString() => $"{Method} {Target} {Status} request {RequestBytes} response {ResponseBytes}";
}

internal static class Facts
{
    private const int MaxLines = 20;

    /// <summary>The same facts, each as often; else fails with what is missing and what was invented.</summary>
    public static void AssertSame(IEnumerable<Fact> truth, IEnumerable<Fact> seen, string of, string summary = "")
    {
        var balance = new Dictionary<Fact, int>();
        int truths = 0, sightings = 0;
        foreach (var fact in truth)
        {
            balance[fact] = balance.GetValueOrDefault(fact) + 1;
            truths++;
        }

        foreach (var fact in seen)
        {
            balance[fact] = balance.GetValueOrDefault(fact) - 1;
            sightings++;
        }

        var differences = balance.Where(one => one.Value != 0).OrderBy(one => one.Key.Target, StringComparer.Ordinal)
            .ThenBy(one => one.Value).ToList();
        if (differences.Count == 0) return;

        var report = new StringBuilder($"{of}: {truths} in truth, {sightings} seen, {differences.Count} differ\n");
        foreach (var (fact, count) in differences.Take(MaxLines))
            report.Append(count > 0 ? $"  missing {count} x {fact}\n" : $"  invented {-count} x {fact}\n");
        Assert.Fail(report + summary);
    }
}
