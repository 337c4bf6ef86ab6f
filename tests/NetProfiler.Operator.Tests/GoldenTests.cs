using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Operator.Tests;

public class GoldenTests
{
    public static TheoryData<string> Names => [.. Golden.Names()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_case_becomes_what_its_out_yaml_says(string name)
    {
        var actual = await Golden.ActualAsync(name);
        var expected = Golden.Expected(name, actual);
        Assert.True(actual == expected, $"cases/{name}:\n{Golden.Diff(expected, actual)}");
    }
}
