using System.Text.RegularExpressions;
using NetProfiler.Analysis.Sampling.Patterns;

namespace NetProfiler.Analysis.Tests;

/// <summary>Patterns mean what they mean to .NET.</summary>
public sealed class PathPatternTests
{
    [Theory]
    [InlineData("^/checkout")]
    [InlineData(@"\.(png|jpe?g|css)$")]
    [InlineData(@"^/api/v\d+/(?:users|orders)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\z")]
    [InlineData(@"(?i)^/ADMIN(?-i)/x")]
    [InlineData(@"(?i:é|ß|k)x*$")]
    [InlineData(@"[a-z-[aeiou]]+\b[^]/-]")]
    [InlineData(@"[]a]+|[^\]a]{2,3}?b")]
    [InlineData(@"(?m)^b.*$|\Aa\Z")]
    [InlineData(@"(?s)a.b|c.d\x2f\u002F\057\0")]
    [InlineData(@"(?x) a b # comment
                  c | d (?# comment ) e [ ]")]
    [InlineData(@"\p{Lu}\P{L}|\w\W|\s\S|\d\D|\Bb\B")]
    [InlineData(@"a{2}|a{,2}|b{x|c{1,}d")]
    [InlineData(@"(?<name>a|b)*(?'other'c)?$")]
    [InlineData("(a*)*(b|a?)*$|(|c)+^")]
    [InlineData("")]
    [InlineData("a.{20}c|b.{9}c|ab.{8}c")] // more sets of states than are kept
    public void A_pattern_finds_what_dotnet_finds(string pattern) => Compare(pattern, new Random(1), texts: 3000);

    [Fact]
    public void Any_pattern_finds_what_dotnet_finds()
    {
        var random = new Random(7);
        for (int i = 0; i < 400; i++) Compare(AnyPattern(random, depth: 4), random, texts: 60);
    }

    private static void Compare(string pattern, Random random, int texts)
    {
        var expected = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(0.2));
        var actual = new PathPattern(pattern);
        for (int i = 0; i < texts; i++)
        {
            string text = AnyText(random);
            if (IsFound(expected, text) is not { } isExpected) return; // it goes back for ever
            Assert.True(isExpected == actual.IsMatch(text), $"'{pattern}' in '{Regex.Escape(text)}': not {actual.IsMatch(text)}");
        }
    }

    private static bool? IsFound(Regex expected, string text)
    {
        try
        {
            return expected.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private static string AnyText(Random random)
    {
        const string Characters = "aaabbbccdeABK/./-_0123f\n\n] {2}xé ßſK\u200d";
        string[] words = ["/checkout", "/admin", "/api/v1/users/", "12345678-1234-abcd-0123-0123456789ab", ".png", ".jpeg", "/x", "a\n",
            "ab", "c/d"];
        return string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ =>
            random.Next(3) == 0 ? words[random.Next(words.Length)] : Characters[random.Next(Characters.Length)].ToString()));
    }

    private static string AnyPattern(Random random, int depth)
    {
        string[] elements = ["a", "b", ".", "[ab]", "[^a]", @"\w", @"\.", "/", "^", "$", @"\b", @"\B", "é", @"\d", "(?i:k)", @"\z", ""];
        if (depth == 0 || random.Next(5) == 0) return elements[random.Next(elements.Length)];
        return random.Next(4) switch
        {
            0 => $"({AnyPattern(random, depth - 1)}|{AnyPattern(random, depth - 1)})",
            1 => AnyPattern(random, depth - 1) + AnyPattern(random, depth - 1),
            2 => $"(?:{AnyPattern(random, depth - 1)}){"*+?"[random.Next(3)]}",
            _ => $"({AnyPattern(random, depth - 1)}){{{random.Next(3)},{2 + random.Next(2)}}}",
        };
    }
}
