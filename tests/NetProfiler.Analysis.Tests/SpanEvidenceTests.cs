using System.Globalization;
using System.Text;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Analysis.Tests;

/// <summary>What a service's tracer makes of incoming span ids, as its outgoing requests show.</summary>
public class SpanEvidenceTests
{
    private const int Process = 7;
    private readonly SpanEvidence _evidence = new();

    [Fact]
    public void An_outgoing_span_below_the_incoming_one_proves_that_spans_are_joined()
    {
        Incoming(Multi(trace: 1, span: 2));
        Outgoing(Multi(trace: 1, span: 3, parent: 2));
        Assert.Equal(SpanUse.Joined, _evidence.Of(Process, TraceFormat.B3Multi));
        Assert.Equal(SpanUse.Joined, _evidence.Of(Process, TraceFormat.B3Single));
    }

    [Fact]
    public void The_incoming_request_may_complete_after_those_that_it_caused()
    {
        Outgoing(Single(trace: 1, span: 3, parent: 2));
        Assert.Equal(0, _evidence.Count);
        Incoming(Single(trace: 1, span: 2));
        Assert.Equal(SpanUse.Joined, _evidence.Of(Process, TraceFormat.B3Single));
    }

    [Theory]
    [InlineData(9)] // Spring Boot: the server's span is the parent
    [InlineData(0)] // OpenTelemetry: no parent is sent
    public void Another_parent_or_none_shows_that_the_server_has_a_span_of_its_own(int parent)
    {
        Incoming(Multi(trace: 1, span: 2));
        Outgoing(Multi(trace: 1, span: 3, (ulong)parent));
        Assert.Equal(SpanUse.Separate, _evidence.Of(Process, TraceFormat.B3Multi));
    }

    [Fact]
    public void A_local_span_between_the_two_does_not_take_the_proof_back()
    {
        Incoming(Multi(trace: 1, span: 2));
        Outgoing(Multi(trace: 1, span: 3, parent: 9));
        Assert.Equal(SpanUse.Separate, _evidence.Of(Process, TraceFormat.B3Multi));
        Outgoing(Multi(trace: 1, span: 4, parent: 2));
        Outgoing(Multi(trace: 1, span: 5, parent: 9));
        Assert.Equal(SpanUse.Joined, _evidence.Of(Process, TraceFormat.B3Multi));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_context_that_is_passed_on_unchanged_shows_a_gateway_without_a_tracer(bool isW3C)
    {
        string context = isW3C ? Parent(trace: 1, span: 2) : Multi(trace: 1, span: 2);
        Incoming(context);
        Outgoing(context);
        Assert.Equal(SpanUse.Forwarded, _evidence.Of(Process, isW3C ? TraceFormat.W3C : TraceFormat.B3Multi));
    }

    [Theory]
    [InlineData("segment", 3, SpanUse.Forwarded)]
    [InlineData("segment", 4, SpanUse.Unknown)]
    [InlineData("other", 3, SpanUse.Unknown)]
    public void A_gateway_passes_sw8_on_unchanged(string segment, int span, SpanUse expected)
    {
        Outgoing(Sw8("trace", segment, span));
        Incoming(Sw8("trace", "segment", 3));
        Assert.Equal(expected, _evidence.Of(Process, TraceFormat.SkyWalking));
    }

    [Fact]
    public void W3C_spans_are_never_joined()
    {
        Assert.Equal(SpanUse.Separate, _evidence.Of(Process, TraceFormat.W3C));
        Incoming(Multi(trace: 1, span: 2));
        Outgoing(Multi(trace: 1, span: 3, parent: 2));
        Assert.Equal(SpanUse.Separate, _evidence.Of(Process, TraceFormat.W3C));
    }

    [Fact]
    public void A_process_that_calls_nobody_is_taken_to_do_as_the_others_unless_they_differ()
    {
        Assert.Equal(SpanUse.Unknown, _evidence.Of(99, TraceFormat.B3Multi));
        Incoming(Multi(trace: 1, span: 2));
        Outgoing(Multi(trace: 1, span: 3, parent: 2));
        Assert.Equal(SpanUse.Joined, _evidence.Of(99, TraceFormat.B3Multi));
        Record(8, isServer: true, Multi(trace: 1, span: 3));
        Record(8, isServer: false, Multi(trace: 1, span: 4));
        Assert.Equal(SpanUse.Unknown, _evidence.Of(99, TraceFormat.B3Multi));
    }

    [Fact]
    public void Requests_of_different_traces_and_processes_prove_nothing()
    {
        Incoming(Multi(trace: 1, span: 2));
        Outgoing(Multi(trace: 5, span: 3, parent: 2));
        Record(8, isServer: false, Multi(trace: 1, span: 3, parent: 2));
        Assert.Equal(0, _evidence.Count);
    }

    [Fact]
    public void Memory_is_bounded_and_nothing_is_allocated_for_what_is_known()
    {
        for (int process = 1; process <= SpanEvidence.MaxProcesses + 1; process++)
        {
            Record(process, isServer: true, Multi((ulong)process, span: 2));
            Record(process, isServer: false, Multi((ulong)process, span: 3, parent: 2));
            Assert.InRange(_evidence.Count, 1, SpanEvidence.MaxProcesses);
        }

        Assert.Equal(1, _evidence.Count);
        Assert.Equal(SpanUse.Joined, _evidence.Of(SpanEvidence.MaxProcesses + 1, TraceFormat.B3Multi));

        byte[] one = Encoding.ASCII.GetBytes(Multi(trace: 3, span: 2)), other = Encoding.ASCII.GetBytes(Sw8("trace", "segment", 3));
        Assert.True(TraceContextReader.Default.TryRead(one, out var incoming));
        Assert.True(TraceContextReader.Default.TryRead(other, out var outgoing));
        Note();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Note();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Note()
        {
            _evidence.Record(Process, isServer: true, incoming, one);
            _evidence.Record(Process, isServer: false, outgoing, other);
        }
    }

    private void Incoming(string fields) => Record(Process, isServer: true, fields);

    private void Outgoing(string fields) => Record(Process, isServer: false, fields);

    private void Record(int process, bool isServer, string fields)
    {
        byte[] lines = Encoding.ASCII.GetBytes(fields);
        Assert.True(TraceContextReader.Default.TryRead(lines, out var context));
        _evidence.Record(process, isServer, context, lines);
    }

    private static string Multi(ulong trace, ulong span, ulong parent = 0) =>
        $"X-B3-TraceId: {Hex(trace)}\r\nX-B3-SpanId: "
            + $"{Hex(span)}\r\n{(parent == 0 ? "" : $"X-B3-ParentSpanId: {Hex(parent)}\r\n")}X-B3-Sampled: 1\r\n";

    private static string Single(ulong trace, ulong span, ulong parent = 0) =>
        $"b3: {Hex(trace)}-{Hex(span)}-1{(parent == 0 ? "" : $"-{Hex(parent)}")}\r\n";

    private static string Parent(ulong trace, ulong span) => $"traceparent: 00-{Hex(0)}{Hex(trace)}-{Hex(span)}-01\r\n";

    private static string Sw8(string trace, string segment, int span)
    {
        static string Of(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
        return $"sw8: 1-{Of(trace)}-{Of(segment)}-{span}-{Of("front")}-{Of("front-1")}-{Of("/")}-{Of("back:80")}\r\n";
    }

    private static string Hex(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);
}
