using System.Text;

namespace NetProfiler.Http1.Tests;

public class HeaderFieldsTests
{
    [Fact]
    public void Fields_come_in_their_order_without_whitespace_around_them() =>
        Assert.Equal(["Host=a", "X=", "host=b:1"], FieldsOf("Host: a\r\nX:\r\nhost:\t b:1 \n"));

    [Fact]
    public void A_folded_value_is_one_value() => Assert.Equal(["X=a\r\n  b", "Y=c"], FieldsOf("X: a\r\n  b\r\nY:\r\n c\r\n"));

    [Fact]
    public void A_response_may_have_whitespace_before_a_colon() => Assert.Equal(["X=a"], FieldsOf("X \t: a\r\n"));

    [Fact]
    public void Of_a_cut_head_remains_what_has_a_colon()
    {
        Assert.Equal(["X=a", "Y="], FieldsOf("X: a\r\nY:"));
        Assert.Equal(["X=a"], FieldsOf("X: a\r\nY"));
        Assert.Empty(FieldsOf(""));
    }

    [Fact]
    public void A_field_is_found_by_its_name_in_any_case_and_the_first_one_counts()
    {
        var fields = new HeaderFields("X-Trace: a\r\nTRACE: b\r\ntrace: c\r\n"u8);
        Assert.True(fields.TryFind("trace"u8, out var value));
        Assert.Equal("b"u8, value);
        Assert.False(fields.TryFind("tra"u8, out value));
        Assert.True(value.IsEmpty);
    }

    [Fact]
    public void A_head_says_where_its_parts_are()
    {
        var data = "\r\nGET /a HTTP/1.1\r\nX: y\r\nHost: h\r\n\r\nrest"u8;
        HeadReader.TryReadRequest(data, out var head, out _);
        Assert.Equal(RequestMethod.Get, head.Method);
        Assert.Equal("GET"u8, head.MethodName.Of(data));
        Assert.Equal("/a"u8, head.Target.Of(data));
        Assert.Equal("h"u8, head.Host.Of(data));
        Assert.Equal("X: y\r\nHost: h\r\n"u8, head.FieldLines.Of(data));
        Assert.Equal("rest"u8, data[head.Length..]);
    }

    private static List<string> FieldsOf(string lines)
    {
        var told = new List<string>();
        foreach (var field in new HeaderFields(Encoding.ASCII.GetBytes(lines)))
        {
            told.Add($"{Encoding.ASCII.GetString(field.Name)}={Encoding.ASCII.GetString(field.Value)}");
        }

        return told;
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", HeadAnomalies.MissingHost)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", HeadAnomalies.None)]
    [InlineData("GET / HTTP/1.1\r\nHost:\r\n\r\n", HeadAnomalies.None)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", HeadAnomalies.DuplicateHost)]
    [InlineData("GET / HTTP/1.1\r\nHost:\r\nHost: a\r\n\r\n", HeadAnomalies.DuplicateHost)]
    public void A_request_names_its_host_once(string head, HeadAnomalies expected)
    {
        Assert.Equal(System.Buffers.OperationStatus.Done,
            HeadReader.TryReadRequest(System.Text.Encoding.ASCII.GetBytes(head), out var request, out _));
        Assert.Equal(expected, request.Framing.Anomalies);
    }
}
