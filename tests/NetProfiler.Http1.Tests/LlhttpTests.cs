using NetProfiler.Http1.Tests.Support;

namespace NetProfiler.Http1.Tests;

/// <summary>What a third party thought of: llhttp's cases. Where we read otherwise, corpora/llhttp-differences.md says why.</summary>
public class LlhttpTests
{
    private static readonly Dictionary<string, string[]> Differences = ReadDifferences();

    public static TheoryData<string> Names => [.. LlhttpCase.All.Values.Where(one => !one.IsLenient).Select(one => one.Name)];

    public static TheoryData<string> Different => [.. Differences.Keys];

    [Fact]
    public void The_corpus_is_there() => Assert.Equal((249, 37), (LlhttpCase.All.Count, LlhttpCase.All.Values.Count(one => one.IsLenient)));

    [Theory, MemberData(nameof(Names))]
    public void Read_whole_as_llhttp_reads_it_or_as_the_list_of_differences_says(string name)
    {
        var one = LlhttpCase.All[name];
        Assert.Equal(Differences.GetValueOrDefault(name, one.Told), Whole(one));
    }

    [Theory, MemberData(nameof(Different))]
    public void A_listed_difference_is_one(string name) => Assert.NotEqual(LlhttpCase.All[name].Told, Differences[name]);

    [Theory, MemberData(nameof(Names))]
    public void Read_byte_by_byte_and_split_at_every_position_alike(string name)
    {
        var one = LlhttpCase.All[name];
        string[] whole = Whole(one);
        var bytewise = new PlainReading(one.IsResponse);
        foreach (byte octet in one.Bytes) bytewise.Feed([octet]);
        Assert.Equal(whole, bytewise.Close(one.IsFinished));
        for (int split = 0; split <= one.Bytes.Length; split++)
            Assert.Equal(whole, new PlainReading(one.IsResponse).Feed(one.Bytes.AsSpan(..split)).Feed(one.Bytes.AsSpan(split..))
                .Close(one.IsFinished));
    }

    /// <summary>
    /// llhttp's tolerances are switches; we have none, so these cases are only read safely and alike however they are cut.
    /// </summary>
    [Fact]
    public void Lenient_cases_read_the_same_however_they_are_cut()
    {
        foreach (var one in LlhttpCase.All.Values.Where(one => one.IsLenient))
        {
            string[] whole = Whole(one);
            for (int split = 0; split <= one.Bytes.Length; split++)
                Assert.Equal(whole, new PlainReading(one.IsResponse).Feed(one.Bytes.AsSpan(..split)).Feed(one.Bytes.AsSpan(split..))
                    .Close(one.IsFinished));
        }
    }

    private static string[] Whole(LlhttpCase one) => new PlainReading(one.IsResponse).Feed(one.Bytes).Close(one.IsFinished);

    private static Dictionary<string, string[]> ReadDifferences()
    {
        const string Case = "### ", Line = "- ";
        var differences = new Dictionary<string, string[]>();
        string name = "";
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "corpora", "llhttp-differences.md")))
        {
            if (line.StartsWith(Case, StringComparison.Ordinal)) differences[name = line[Case.Length..]] = [];
            else if (line.StartsWith(Line, StringComparison.Ordinal)) differences[name] = [.. differences[name], line[Line.Length..]];
        }

        return differences;
    }
}
