using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Analysis.Tests;

/// <summary>
/// A TLS session is a stream of its own, carried by a connection: its beginning, its end, and what becomes of it where calls were missed.
/// </summary>
public class TlsStreamTests
{
    private const ulong Carrier = 7, Session = 1UL << 62 | 1;
    private static readonly EndpointAddress Local = EndpointAddress.IPv4([10, 0, 0, 1], 443),
        Remote = EndpointAddress.IPv4([10, 0, 0, 2], 40_000);
    private static readonly TlsSession Tls = new("1.3", "libssl.so.3");
    private static readonly byte[] Hello = [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0];

    private readonly uint[] _positions = new uint[2];
    private readonly List<(string? Version, string Local)> _sessions = [];

    [Fact]
    public void Its_exchanges_have_the_addresses_of_the_connection_and_say_what_they_were_read_from()
    {
        using var capture = Begin();
        capture.Pipeline.OnStream(Stream());
        Exchange(capture, "/a");
        Exchange(capture, "/b");
        capture.Pipeline.OnStreamEnd(new SocketStreamEnd(Session, 10, IsLost: false, _positions[0], _positions[1]));
        Close(capture);

        Assert.Equal(["GET /a 200", "GET /b 200"], capture.Lines);
        Assert.All(_sessions, seen => Assert.Equal(("1.3", Local.ToString()), seen));
        Assert.Equal((1L, 1L), (capture.Statistics.ConnectionsTls, capture.Statistics.ConnectionsTlsRead));
        Assert.Equal(0, capture.Pipeline.Connections);
        Assert.Contains(Carrier, capture.Kernel.Ignored);
        Assert.DoesNotContain(Session, capture.Kernel.Ignored);
        Assert.Equal(0, Unread(capture));
    }

    [Fact]
    public void A_request_without_an_answer_ends_as_its_connection_does()
    {
        using var capture = Begin();
        capture.Pipeline.OnStream(Stream());
        Move(capture, Direction.Ingress, Http.Get("/a"));
        Close(capture, ConnectionEnd.ResetReceived);
        capture.Pipeline.Advance(long.MaxValue);

        Assert.Empty(capture.Lines);
        Assert.Equal(["GET /a - client-reset"], capture.Sink.Unfinished);
    }

    [Fact]
    public void What_a_call_moves_after_the_connection_was_reset_is_read()
    {
        using var capture = Begin();
        capture.Pipeline.OnStream(Stream());
        Move(capture, Direction.Ingress, Http.Get("/a"));
        Close(capture, ConnectionEnd.ResetReceived);
        Move(capture, Direction.Egress, Http.Ok);
        capture.Pipeline.Advance(long.MaxValue);

        Assert.Equal(["GET /a 200"], capture.Lines);
        Assert.Equal(0, capture.Pipeline.Connections);
    }

    [Fact]
    public void After_missed_calls_no_pair_is_made_of_what_came_before_and_after()
    {
        using var capture = Begin();
        capture.Pipeline.OnStream(Stream());
        Exchange(capture, "/a");
        Move(capture, Direction.Ingress, Http.Get("/lost"));
        capture.Pipeline.OnStreamEnd(new SocketStreamEnd(Session, 10, IsLost: true, _positions[0], _positions[1]));
        capture.Pipeline.OnStream(Stream(Session + 1, isFromStart: false));
        _positions[0] = _positions[1] = 0;
        Move(capture, Direction.Egress, Http.Ok, Session + 1);
        Close(capture);

        Assert.Equal(["GET /a 200"], capture.Lines);
        Assert.Empty(capture.Sink.Unfinished);
        Assert.Contains("Gap 1", capture.Unpaired);
    }

    [Fact]
    public void Plaintext_that_found_no_room_is_a_gap_and_no_pair_is_made_across_it()
    {
        using var capture = Begin();
        capture.Pipeline.OnStream(Stream());
        Exchange(capture, "/a");
        Move(capture, Direction.Ingress, Http.Get("/b"));
        _positions[(int)Direction.Egress] += (uint)Http.Ok.Length; // its answer
        _positions[(int)Direction.Ingress] += (uint)Http.Get("/c").Length;
        Move(capture, Direction.Egress, Http.Ok); // the answer to /c
        Exchange(capture, "/d");
        Close(capture);

        Assert.Equal("GET /a 200", capture.Lines.First());
        Assert.DoesNotContain("GET /b 200", capture.Lines);
        Assert.NotEmpty(capture.Gaps);
    }

    [Fact]
    public void A_session_that_is_older_shows_nothing_as_proven()
    {
        using var capture = Begin();
        capture.Pipeline.OnStream(Stream(isFromStart: false));
        for (int i = 0; i < 20; i++) Exchange(capture, $"/{i}");
        Close(capture);

        Assert.NotEmpty(capture.Lines);
        Assert.All(capture.Sink.Exchanges, seen => Assert.Equal(Exchanges.PairingClass.Assumed, seen.Pairing));
        Assert.DoesNotContain("GET /0 200", capture.Lines);
    }

    [Fact]
    public void A_connection_in_clear_text_carries_no_session()
    {
        using var capture = new Capture();
        capture.Open(Carrier, 1, "server", Local, Remote, isFromStart: true, EndpointRole.Server);
        Exchange(capture, "/clear", Carrier);
        capture.Pipeline.OnStream(Stream());
        Close(capture);

        Assert.Equal(["GET /clear 200"], capture.Lines);
        Assert.Equal(1, capture.Statistics.TlsSessionsRefused);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void A_TLS_connection_that_was_not_read_is_counted_at_its_end_where_TLS_is_to_be_read(bool readsTls, int unread)
    {
        using var capture = Begin(readsTls);
        Close(capture);
        Assert.Equal(unread, Unread(capture));
        Assert.Equal((1L, 0L), (capture.Statistics.ConnectionsTls, capture.Statistics.ConnectionsTlsRead));
    }

    [Fact]
    public void The_end_of_the_run_ends_session_and_connection()
    {
        using var capture = Begin();
        capture.Pipeline.OnStream(Stream());
        Move(capture, Direction.Ingress, Http.Get("/a"));
        capture.Finish();
        Assert.Equal(["InFlight 1"], capture.Unpaired);
    }

    private Capture Begin(bool readsTls = true)
    {
        var capture = new Capture();
        capture.Kernel.IsTlsRead = readsTls;
        capture.Sink.Also = (in Exchanges.Exchange exchange) =>
            _sessions.Add((exchange.Connection.Tls?.Version, exchange.Connection.LocalText));
        capture.Open(Carrier, 1, "server", Local, Remote, isFromStart: true, EndpointRole.Server);
        new Transfer(Carrier, Direction.Ingress, SocketCall.Read, 0, Hello, 1, 2).Deliver(capture.Pipeline);
        return capture;
    }

    private static SocketStream Stream(ulong session = Session, bool isFromStart = true) =>
        new() { Connection = session, Carrier = Carrier, ProcessId = 1, TimeNanoseconds = 3, FromStart = isFromStart, Tls = Tls };

    private void Exchange(Capture capture, string target, ulong connection = Session)
    {
        Move(capture, Direction.Ingress, Http.Get(target), connection);
        Move(capture, Direction.Egress, Http.Ok, connection);
    }

    private void Move(Capture capture, Direction direction, string text, ulong connection = Session)
    {
        long now = capture.Time.Nanoseconds + 10 * (1 + _positions[0] + _positions[1]);
        new Transfer(connection, direction, SocketCall.SslRead, _positions[(int)direction], Script.Bytes(text), now, now + 1)
            .Deliver(capture.Pipeline);
        _positions[(int)direction] += (uint)text.Length;
    }

    private static void Close(Capture capture, ConnectionEnd end = ConnectionEnd.Fin) =>
        capture.Pipeline.OnClose(new SocketClose(Carrier, 1_000_000, IsHeld: false, end));

    private static long Unread(Capture capture) => Enum.GetValues<TlsUnreadReason>().Sum(capture.Pipeline.TlsUnread.Of);
}
