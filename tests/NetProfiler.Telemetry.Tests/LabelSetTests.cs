namespace NetProfiler.Telemetry.Tests;

public class LabelSetTests
{
    [Fact]
    public void Sets_are_equal_whatever_the_order_of_their_labels()
    {
        var one = LabelSet.Of(("a", "1"), ("b", "2"));
        var other = LabelSet.Empty.With("b", "2").With("a", "1");

        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.Equal("{a=\"1\",b=\"2\"}", other.ToString());
    }

    [Fact]
    public void A_set_is_not_changed_by_adding_to_it()
    {
        var one = LabelSet.Of(("a", "1"));
        _ = one.With("b", "2");
        Assert.Equal("{a=\"1\"}", one.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1a")]
    [InlineData("a-b")]
    [InlineData("é")]
    [InlineData("a:b")]
    [InlineData("__name__")]
    public void A_name_outside_the_grammar_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => LabelSet.Of((name, "x")));

    [Fact]
    public void A_name_comes_once() => Assert.Throws<ArgumentException>(() => LabelSet.Of(("a", "1"), ("a", "2")));

    [Fact]
    public void Bytes_that_are_not_UTF8_become_replacement_characters() =>
        Assert.Equal("{a=\"x\uFFFDy\"}", LabelSet.Empty.With("a", [(byte)'x', 0xFF, (byte)'y']).ToString());
}
