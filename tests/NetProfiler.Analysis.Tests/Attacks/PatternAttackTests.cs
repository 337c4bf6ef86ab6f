using System.Diagnostics;
using System.Text;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Sampling.Patterns;

namespace NetProfiler.Analysis.Tests.Attacks;

/// <summary>A tenant may write any pattern, and its clients may ask for any path: neither occupies the capture thread.</summary>
public sealed class PatternAttackTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData(".*a.{999}c|.*b.{998}c|.*ab.{997}c|.*ba.{996}c|.*aa.{995}c|.*bb.{994}c")]
    [InlineData("(((a{10}){10}){10}){10}")]
    [InlineData("(a?){1000}b{500}")]
    [InlineData("((a{0,1000}){0,1000}){0,1000}c")]
    public void A_pattern_whose_automaton_is_too_large_is_refused(string pattern)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Assert.Throws<NotSupportedException>(() => new PathPattern(pattern));
        Assert.Contains("automat", refusal.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024 * 1024);
    }

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("((a|b)*a(a|b){100}){2}c")] // 230 MB for 256 characters by .NET's engine
    [InlineData("(((((.|b*)){0,14})*((a?b*){2,5})?){0,3})*c")] // 30 GB
    [InlineData("((([ab]){0,24}){1,20})*c")]
    [InlineData("a.{80}c|b.{79}c|ab.{78}c|ba.{77}c|aa.{76}c|bb.{75}c")]
    [InlineData(@"(?:\b\w{0,9}){0,20}\bc$")]
    [InlineData("(((){1000}){1000}){1000}c")]
    [InlineData("(é|[à-ü]?){0,99}c")]
    public void A_search_costs_no_more_than_its_bound(string pattern)
    {
        var searched = new PathPattern(pattern);
        long before = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
        var random = new Random(1);
        for (int i = 0; i < 100; i++)
        {
            string path = "/" + new string(random.GetItems("ab".AsSpan(), RuleSet.MaxPathBytes - 1));
            long steps = 0;
            searched.Find(path, ref steps, RuleSet.MaxStepsPerSearch);
            // One character at most more than the bound.
            Assert.InRange(steps, 1, RuleSet.MaxStepsPerSearch + 40 * PatternProgram.MaxInstructions);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * 1024 * 1024);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 30); // steps are the bound; this catches a step that is not cheap
    }

    [Fact]
    public void A_rule_that_costs_too_much_is_switched_off_and_the_others_decide()
    {
        RuleSet rules = new([Rule("evil", "[ab]*a[ab]{400}c"), Rule("cart", "^/.*cart$"), Rule("rest", null)]);
        string evil = new(new Random(1).GetItems("ab".AsSpan(), 4000));
        Assert.Equal("rest", rules.Find(Encoding.ASCII.GetBytes("/" + evil), 0)?.Name);
        Assert.Equal(["evil"], rules.SwitchedOff);
        Assert.Equal("cart", rules.Find(Encoding.ASCII.GetBytes("/x/cart"), Second)?.Name);
        Assert.Equal(0, rules.Undecided);
    }

    [Fact]
    public void A_flood_of_new_paths_uses_up_its_own_budget_alone()
    {
        const int Tasks = 32;
        RuleSet flooded = new([.. Enumerable.Range(0, 16).Select(i => Rule($"r{i}", $"[ab]*[ab]{{60}}{(char)('c' + i)}"))]),
            other = new([Rule("cart", "^/cart/[0-9]+$")]);
        foreach (var rules in new[] { flooded, other }) rules.SetStepsPerSecond(RuleSet.MaxStepsPerSecond / Tasks);

        var random = new Random(1);
        for (int i = 0; i < 5000; i++) // within one second
        {
            flooded.Find(Encoding.ASCII.GetBytes("/" + new string(random.GetItems("ab".AsSpan(), 4000))), i);
            Assert.Equal("cart", other.Find(Encoding.ASCII.GetBytes($"/cart/{i}"), i)?.Name);
        }

        Assert.InRange(flooded.Undecided, 4900, 5000);
        Assert.Equal(0, other.Undecided);
    }

    private static SamplingRule Rule(string name, string? pattern) =>
        new(name, pattern is null ? null : new PathPattern(pattern), null, true, true);
}
