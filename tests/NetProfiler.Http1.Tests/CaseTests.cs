using NetProfiler.Http1.Tests.Support;

namespace NetProfiler.Http1.Tests;

/// <summary>Every case reads the same however its bytes are cut.</summary>
public class CaseTests
{
    public static TheoryData<string> Names => [.. Case.All.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Read_whole(string name)
    {
        var read = Case.All[name];
        Assert.Equal(read.Expected, read.NewConversation().Feed(read.Bytes).Close());
    }

    [Theory, MemberData(nameof(Names))]
    public void Read_byte_by_byte(string name)
    {
        var read = Case.All[name];
        var conversation = read.NewConversation();
        foreach (byte octet in read.Bytes) conversation.Feed([octet]);
        Assert.Equal(read.Expected, conversation.Close());
    }

    [Theory, MemberData(nameof(Names))]
    public void Read_in_two_parts_split_at_every_position(string name)
    {
        var read = Case.All[name];
        for (int split = 0; split <= read.Bytes.Length; split++)
        {
            var told = read.NewConversation().Feed(read.Bytes.AsSpan(..split)).Feed(read.Bytes.AsSpan(split..)).Close();
            Assert.Equal(read.Expected, told);
        }
    }
}
