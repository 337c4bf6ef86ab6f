using System.Text;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Sampling.Patterns;

namespace NetProfiler.Analysis.Tests;

public class SamplingTests
{
    private static readonly SamplingRule Fallback = Rule("default", null), Checkout = Rule("checkout", "^/checkout"),
        Cart = Rule("cart", "cart"), Api = Rule("api", "^/api/v[0-9]+/");

    [Fact]
    public void The_first_rule_that_matches_decides()
    {
        Assert.Equal("cart", Find("/checkout/cart", Cart, Checkout));
        Assert.Equal("checkout", Find("/checkout/cart", Checkout, Cart));
        Assert.Null(Find("/else", Checkout, Cart));
    }

    [Fact]
    public void The_default_decides_when_no_other_does_wherever_it_stands()
    {
        Assert.Equal("cart", Find("/cart", Fallback, Cart));
        Assert.Equal("default", Find("/else", Fallback, Cart));
        Assert.Equal("default", Find("/else", Cart, Fallback, Checkout));
        Assert.Equal("default", Find("/else", Fallback, Rule("second", null)));
    }

    [Theory]
    [InlineData("/cart?checkout", "/cart")]
    [InlineData("/cart#part", "/cart")]
    [InlineData("http://example:80/cart?id=1", "/cart")]
    [InlineData("https://example", "/")]
    [InlineData("https://example?a=/b", "/")]
    [InlineData("*", "*")]
    [InlineData("example:443", "example:443")]
    [InlineData("/a?u=http://b/c", "/a")]
    [InlineData("", "")]
    public void Patterns_are_searched_in_the_path(string target, string path) =>
        Assert.Equal(path, Encoding.ASCII.GetString(RuleSet.PathOf(Encoding.ASCII.GetBytes(target))));

    [Fact]
    public void A_query_is_not_looked_at()
    {
        Assert.Equal("default", Find("/a?b=cart", Cart, Fallback));
        Assert.Equal("api", Find("/api/v2/x", Api));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_and_paths_without_end_do_no_harm()
    {
        var rules = new RuleSet([Cart, Fallback]);
        Assert.Equal("default", rules.Find([(byte)'/', 0xC3, 0x28, 0xFF], 0)?.Name);
        Assert.Equal("default", rules.Find(Encoding.ASCII.GetBytes("/" + new string('x', 100_000) + "cart"), 0)?.Name);
        Assert.Equal("cart", rules.Find(Encoding.UTF8.GetBytes("/ä/cart"), 0)?.Name);
    }

    [Fact]
    public void A_path_that_comes_again_is_decided_as_at_first_whatever_came_between()
    {
        var random = new Random(1);
        string[] parts = ["/checkout", "/cart", "/api/v1/x", "/else", "/ä", new string('y', 60)];
        RuleSet remembering = new([Checkout, Cart, Api, Fallback]);
        for (long i = 0; i < 20_000; i++) // more paths than are remembered, so that they push each other out
        {
            string target = string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => parts[random.Next(parts.Length)]))
                + (random.Next(2) == 0 ? "" : $"/{random.Next(1500)}");
            byte[] bytes = Encoding.UTF8.GetBytes(target);
            Assert.Equal(new RuleSet([Checkout, Cart, Api, Fallback]).Find(bytes, 0)?.Name,
                remembering.Find(bytes, i * 1_000_000_000)?.Name);
        }
    }

    [Fact]
    public void To_decide_about_a_known_path_allocates_nothing()
    {
        RuleSet rules = new([Checkout, Cart, Api, Fallback]);
        byte[] target = "/some/path?query=1"u8.ToArray();
        rules.Find(target, 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) rules.Find(target, 0);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(500, 1000, SampledAs.ServerError)]
    [InlineData(599, 0, SampledAs.ServerError)]
    [InlineData(600, 0, SampledAs.None)]
    [InlineData(400, 1000, SampledAs.ClientError)]
    [InlineData(499, 0, SampledAs.ClientError)]
    [InlineData(399, 0, SampledAs.None)]
    [InlineData(200, 1000, SampledAs.Slow)]
    [InlineData(200, 999, SampledAs.None)]
    public void An_exchange_is_judged_by_server_error_then_client_error_then_duration(int status, long duration, SampledAs expected) =>
        Assert.Equal(expected, new SamplingRule("", null, 1000, When4xx: true, When5xx: true).Judge(status, duration));

    [Fact]
    public void A_reason_that_the_rule_does_not_name_is_none()
    {
        Assert.Equal(SampledAs.None, new SamplingRule("", null, null, When4xx: false, When5xx: false).Judge(500, long.MaxValue));
        Assert.Equal(SampledAs.Slow, new SamplingRule("", null, 0, When4xx: false, When5xx: false).Judge(500, 0));
        Assert.Equal(SampledAs.Slow, SamplingRule.Default.Judge(200, 500_000_000));
    }

    private static string? Find(string target, params SamplingRule[] rules) =>
        new RuleSet(rules).Find(Encoding.ASCII.GetBytes(target), 0)?.Name;

    private static SamplingRule Rule(string name, string? pattern) =>
        new(name, pattern is null ? null : new PathPattern(pattern), null, false, false);
}
