namespace NetProfiler.Analysis.Tests.Attacks;

/// <summary>What a program or a collector calls itself moves no cursor, begins no line and is not endless.</summary>
public class PrintableTextTests
{
    [Theory]
    [InlineData("nginx", "nginx")]
    [InlineData("café 世", "café 世")]
    [InlineData("a\u001b[2Jb", "a\uFFFD[2Jb")]
    [InlineData("a\r\nlevel=error", "a\uFFFD\uFFFDlevel=error")]
    [InlineData("a\u202Eb\u0085\u2028", "a\uFFFDb\uFFFD\uFFFD")]
    public void Only_printable_characters_are_left(string text, string expected) => Assert.Equal(expected, PrintableText.Of(text));

    [Fact]
    public void A_long_text_is_cut() => Assert.Equal(new string('x', 1024) + "…", PrintableText.Of(new string('x', 100_000)));
}
