using System.Text;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Analysis.Tests.Traces;

/// <summary>Vectors from the specifications: W3C Trace Context, openzipkin/b3-propagation, SkyWalking propagation headers v3.</summary>
public class TraceContextTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";
    private const string Sw8Value = "1-VFJBQ0VJRA==-U0VHTUVOVElE-3-UEFSRU5UX1NFUlZJQ0U=-UEFSRU5UX0lOU1RBTkNF-UEFSRU5UX0VORFBPSU5U-SVBQT1JU";

    public static TheoryData<string, string> WellFormed => new()
    {
        // W3C
        { $"traceparent: 00-{Trace}-{Span}-01", $"w3c {Trace} {Span} Accept" },
        { $"traceparent: 00-{Trace}-{Span}-00", $"w3c {Trace} {Span} Deny" },
        { $"traceparent: 00-{Trace}-{Span}-09", $"w3c {Trace} {Span} Accept" },
        { $"traceparent: 00-{Trace}-{Span}-ff", $"w3c {Trace} {Span} Accept" },
        { $"TraceParent:  00-{Trace}-{Span}-01\t", $"w3c {Trace} {Span} Accept" },
        { $"traceparent: 01-{Trace}-{Span}-01", $"w3c {Trace} {Span} Accept" },
        { $"traceparent: cc-{Trace}-{Span}-01-what-the-future-will-be-like", $"w3c {Trace} {Span} Accept" },
        { $"traceparent: 00-{Trace}-{Span}-01\r\nTRACEPARENT: 00-{Trace}-{Span}-01", $"w3c {Trace} {Span} Accept" },
        { $"traceparent: 00-000000000000000000000000000000ab-{Span}-01", $"w3c 000000000000000000000000000000ab {Span} Accept" },

        // B3 single
        { "b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90",
            "b3 80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 Accept 05e3ac9a4f6e3b90" },
        { "b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1", "b3 80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 Accept" },
        { "b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1", "b3 80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 Deferred" },
        { "B3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-d", "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Debug" },
        { "b3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-0", "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Deny" },
        { "b3: 000000000000000064fe8b2a57d3eff7-e457b5a2e4d86bd1-1-0000000000000000", "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Accept" },

        // B3 multi
        { "X-B3-TraceId: 80f198ee56343ba864fe8b2a57d3eff7\r\nX-B3-ParentSpanId: 05e3ac9a4f6e3b90\r\nX-B3-SpanId: "
            + "e457b5a2e4d86bd1\r\nX-B3-Sampled: 1", "b3 80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 Accept 05e3ac9a4f6e3b90" },
        { "x-b3-spanid: e457b5a2e4d86bd1\r\nx-b3-traceid: 64fe8b2a57d3eff7", "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Deferred" },
        { "X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-Sampled: 0",
            "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Deny" },
        { "X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-Sampled: true",
            "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Accept" },
        { "X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-Sampled: False",
            "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Deny" },
        { "X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-Flags: 1",
            "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Debug" },

        // sw8
        { $"sw8: {Sw8Value}", "sw8 TRACEID 3 Accept SEGMENTID PARENT_SERVICE PARENT_INSTANCE PARENT_ENDPOINT" },
        { $"SW8: 0{Sw8Value[1..]}", "sw8 TRACEID 3 Deny SEGMENTID PARENT_SERVICE PARENT_INSTANCE PARENT_ENDPOINT" },

        // Order, and the next format when one is malformed
        { $"b3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-1\r\nsw8: {Sw8Value}\r\ntraceparent: 00-{Trace}-{Span}-01",
            $"w3c {Trace} {Span} Accept" },
        { $"traceparent: 00-{Trace}-{Span}-0\r\nb3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-1\r\nsw8: {Sw8Value}",
            "sw8 TRACEID 3 Accept SEGMENTID PARENT_SERVICE PARENT_INSTANCE PARENT_ENDPOINT" },
        { "sw8: 1-2-3\r\nx-b3-spanid: e457b5a2e4d86bd1\r\nx-b3-traceid: 64fe8b2a57d3eff7\r\nb3: 0",
            "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Deferred" },
        { "x-b3-spanid: e457b5a2e4d86bd1\r\nx-b3-traceid: 64fe8b2a57d3eff7\r\nb3: 1234567890abcdef-1234567890abcdef",
            "b3 1234567890abcdef 1234567890abcdef Deferred" },
    };

    public static TheoryData<string> Malformed =>
    [
        "Host: example",
        "",

        // W3C, section 3.2 and its test suite
        "traceparent:",
        $"traceparent: ff-{Trace}-{Span}-01",
        $"traceparent: 00-{Trace}-{Span}-01.",
        $"traceparent: 00-{Trace}-{Span}-01-",
        $"traceparent: 00-{Trace}-{Span}-01-what-the-future-will-not-be-like",
        $"traceparent: cc-{Trace}-{Span}-01.what-the-future-will-not-be-like",
        $"traceparent: 00-{Trace}-{Span}-1",
        $"traceparent: 00-{Trace}-{Span}-",
        $"traceparent: 00-{Trace}-{Span}",
        $"traceparent: 00-{Trace}-{Span}-.0",
        $"traceparent: 00-{Trace}-{Span}-0A",
        $"traceparent: 0.-{Trace}-{Span}-01",
        $"traceparent: 0-{Trace}-{Span}-01",
        $"traceparent: 000-{Trace}-{Span}-01",
        $"traceparent: 00-{Trace.ToUpperInvariant()}-{Span}-01",
        $"traceparent: 00-{Trace}-{Span.ToUpperInvariant()}-01",
        $"traceparent: 00-00000000000000000000000000000000-{Span}-01",
        $"traceparent: 00-{Trace}-0000000000000000-01",
        $"traceparent: 00-.af7651916cd43dd8448eb211c80319c-{Span}-01",
        $"traceparent: 00-{Trace}-.7ad6b7169203331-01",
        $"traceparent: 00-{Trace[1..]}-{Span}-01",
        $"traceparent: 00-{Trace}-{Span[1..]}-01",
        $"traceparent: 00_{Trace}_{Span}_01",
        $"traceparent: 00-{Trace}-{Span}-01\r\ntraceparent: 00-{Trace}-{Span}-00",
        $"traceparent: 00-{Trace}-{Span}-01,00-{Trace}-{Span}-01",
        $"trace-parent: 00-{Trace}-{Span}-01",
        $"trace.parent: 00-{Trace}-{Span}-01",

        // B3
        "b3: 0", "b3: 1", "b3: d", "b3:", "b3: -",
        "b3: 64fe8b2a57d3eff7",
        "b3: 64fe8b2a57d3eff7-",
        "b3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-",
        "b3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-2",
        "b3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-1-",
        "b3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b9",
        "b3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90-",
        "b3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90-1",
        "b3: 64FE8B2A57D3EFF7-e457b5a2e4d86bd1-1",
        "b3: 4fe8b2a57d3eff7-e457b5a2e4d86bd1-1",
        "b3: 0000000000000000-e457b5a2e4d86bd1-1",
        "b3: 64fe8b2a57d3eff7-0000000000000000-1",
        "b3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-1\r\nb3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1-0",
        "X-B3-TraceId: 64fe8b2a57d3eff7",
        "X-B3-SpanId: e457b5a2e4d86bd1",
        "X-B3-Sampled: 0",
        "X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-Sampled: maybe",
        "X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-ParentSpanId: x",
        "X-B3-TraceId: 64fe8b2a57d3eff\r\nX-B3-TraceId: 74fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1",

        // sw8
        "sw8:", "sw8: 1", "sw8: -------",
        $"sw8: 2{Sw8Value[1..]}",
        $"sw8: {Sw8Value}-",
        $"sw8: {Sw8Value.Replace("-3-", "--")}",
        $"sw8: {Sw8Value.Replace("-3-", "-x-")}",
        $"sw8: {Sw8Value.Replace("-3-", "--1-")}",
        $"sw8: {Sw8Value.Replace("-3-", "-2147483648-")}",
        $"sw8: {Sw8Value.Replace("VFJBQ0VJRA==", "VFJBQ0VJRA")}",
        $"sw8: {Sw8Value.Replace("VFJBQ0VJRA==", "VFJB Q0VJRA==")}",
        $"sw8: {Sw8Value.Replace("VFJBQ0VJRA==", "/////w==")}",
        $"sw8: {Sw8Value.Replace("U0VHTUVOVElE", "")}",
        $"sw8: {Sw8Value.Replace("U0VHTUVOVElE", new string('A', 2048))}",
        $"sw8-x: {Sw8Value}",
    ];

    [Theory]
    [MemberData(nameof(WellFormed))]
    public void A_well_formed_context_is_read(string fields, string expected)
    {
        Assert.Equal(expected, Read(TraceContextReader.Default, fields));
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_context_is_absent(string fields)
    {
        Assert.Null(Read(TraceContextReader.Default, fields));
    }

    [Theory]
    [InlineData("X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-TraceId: 74fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-Sampled: 1",
        "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Accept")]
    [InlineData("X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nx-b3-spanid: f457b5a2e4d86bd1\r\nX-B3-Sampled: 1",
        "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Accept")]
    [InlineData("X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-Sampled: 0\r\nX-B3-Sampled: 1",
        "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Deny")]
    [InlineData("X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-Flags: 1\r\nX-B3-Flags: 0",
        "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Debug")]
    [InlineData("X-B3-TraceId: 64fe8b2a57d3eff7\r\nX-B3-SpanId: e457b5a2e4d86bd1\r\nX-B3-ParentSpanId: "
        + "05e3ac9a4f6e3b90\r\nX-B3-ParentSpanId: no\r\nX-B3-Sampled: 1", "b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Accept 05e3ac9a4f6e3b90")]
    public void Of_repeated_fields_of_B3_the_first_wins(string fields, string expected)
    {
        Assert.Equal(expected, Read(TraceContextReader.Default, fields));
    }

    [Fact]
    public void A_task_may_name_formats_and_their_order()
    {
        string all = $"traceparent: 00-{Trace}-{Span}-01\r\nsw8: {Sw8Value}\r\nb3: 64fe8b2a57d3eff7-e457b5a2e4d86bd1";
        var reader = new TraceContextReader(TraceFormat.B3Single, TraceFormat.SkyWalking);
        Assert.Equal("b3 64fe8b2a57d3eff7 e457b5a2e4d86bd1 Deferred", Read(reader, all));
        Assert.Null(Read(reader, $"traceparent: 00-{Trace}-{Span}-01"));
        Assert.Null(Read(new TraceContextReader(), all));
    }

    [Theory]
    [InlineData("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")]
    [InlineData("foo=1\r\ntracestate: bar=2,baz=3\r\nTraceState: last=4", "foo=1,bar=2,baz=3,last=4")]
    [InlineData("foo=1 , \t bar=2,,", "foo=1,bar=2")]
    [InlineData("foo@bar=1,0a-b/c*d_e=v v", "foo@bar=1,0a-b/c*d_e=v v")]
    [InlineData("foo", null)]
    [InlineData("foo=", null)]
    [InlineData("=1", null)]
    [InlineData("Foo=1", null)]
    [InlineData("foo=1=2", null)]
    [InlineData("foo =1", null)]
    [InlineData("foo@=1", null)]
    [InlineData("foo@bar@baz=1", null)]
    [InlineData("foo=\u007f", null)]
    [InlineData("", null)]
    public void Tracestate_is_kept_as_one_list_unless_it_is_malformed(string value, string? expected)
    {
        Assert.Equal(expected, StateOf(value));
    }

    [Fact]
    public void Tracestate_has_at_most_32_members()
    {
        string Members(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"k{i}=v"));
        Assert.Equal(Members(32), StateOf(Members(32)));
        Assert.Null(StateOf(Members(33)));
    }

    [Fact]
    public void Requests_without_and_with_a_context_allocate_nothing()
    {
        byte[][] requests =
        [
            Lines("Host: example\r\nUser-Agent: test\r\nAccept: */*\r\nX-Request-Id: 1"),
            .. WellFormed.Select(row => Lines((string)row[0])),
        ];
        int found = 0, formatted = 0;
        Span<byte> text = stackalloc byte[TraceContext.MaxTextBytes];
        for (int warm = 0; warm < 2; warm++)
        {
            found = 0;
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (byte[] lines in requests)
            {
                if (!TraceContextReader.Default.TryRead(lines, out var context)) continue;
                found++;
                formatted += context.FormatTraceId(lines, text) + context.FormatSpanId(lines, text);
            }

            if (warm == 1) Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }

        Assert.Equal(requests.Length - 1, found);
        Assert.True(formatted > found * 10);
    }

    [Fact]
    public void What_is_formatted_reads_back_the_same()
    {
        var random = new Random(20260102);
        for (int i = 0; i < 20_000; i++)
        {
            var (fields, expected) = RandomContext.Next(random);
            Assert.Equal(expected, Read(TraceContextReader.Default, fields));
        }
    }

    [Fact]
    public void No_bytes_make_it_throw()
    {
        var random = new Random(7);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] lines = Lines(RandomContext.Next(random).Fields);
            for (int change = random.Next(4); change >= 0; change--) lines[random.Next(lines.Length)] = (byte)random.Next(256);
            var cut = lines.AsSpan(0, random.Next(lines.Length + 1));
            if (TraceContextReader.Default.TryRead(cut, out var context)) Assert.NotEmpty(TraceReference.Of(context, cut).TraceId);
        }
    }

    private static string? StateOf(string value)
    {
        byte[] lines = Lines($"traceparent: 00-{Trace}-{Span}-01\r\ntracestate: {value}");
        Assert.True(TraceContextReader.Default.TryRead(lines, out var context));
        return TraceReference.Of(context, lines).TraceState;
    }

    private static byte[] Lines(string fields) => Encoding.UTF8.GetBytes(fields + "\r\n");

    private static string? Read(TraceContextReader reader, string fields)
    {
        byte[] lines = Lines(fields);
        if (!reader.TryRead(lines, out var context)) return null;
        var reference = TraceReference.Of(context, lines);
        Span<byte> text = stackalloc byte[TraceContext.MaxTextBytes];
        Assert.Equal(reference.TraceId, Encoding.UTF8.GetString(text[..context.FormatTraceId(lines, text)]));
        Assert.Equal(reference.SpanId, Encoding.UTF8.GetString(text[..context.FormatSpanId(lines, text)]));
        string?[] parts =
        [
            reference.System, reference.TraceId, reference.SpanId, reference.Decision.ToString(), reference.ParentSpanId,
            reference.SegmentId,
            reference.ParentService, reference.ParentServiceInstance, reference.ParentEndpoint,
        ];
        return string.Join(' ', parts.Where(part => part is not null));
    }
}
