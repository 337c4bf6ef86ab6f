using NetProfiler.Api.Tests.Support;

namespace NetProfiler.Api.Tests;

public class TaskFileCaseTests
{
    public static TheoryData<string> Names => [.. Cases.Names()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_case_reads_as_its_out_txt_says(string name)
    {
        var actual = Cases.Read(name);
        var expected = Cases.Expected(name, actual);

        Assert.True(actual == expected, $"cases/{name}:\n{Cases.Diff(expected, actual)}");
    }
}
