using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

/// <summary>Both ends of an exchange are joined by where its messages lie in their streams, or not at all.</summary>
public class JoinTests
{
    private static readonly EndpointAddress Client = Script.Address(2, 40_000);
    private static readonly EndpointAddress Server = Script.Address(1, 80);

    [Fact]
    public void Both_ends_know_pipelined_exchanges_by_the_same_keys()
    {
        var keys = new List<(EndpointRole Role, JoinKey Key)>();
        using var capture = new Capture();
        capture.Sink.Also = (in Exchange exchange) => keys.Add((exchange.Connection.Role, exchange.JoinKey!.Value));
        string requests = Get("/a") + Get("/bb") + Get("/c");
        string responses = Response(200, "1") + Response(200, "22") + Response(200, "3");
        Script.Client(capture).Sends(requests).Receives(responses).Closes();
        Script.Server(capture).Receives(requests).Sends(Response(200, "1")).Sends(Response(200, "22") + Response(200, "3")).Closes();
        capture.Finish();

        var atClient = keys.Where(one => one.Role == EndpointRole.Client).Select(one => one.Key).ToList();
        Assert.Equal(3, atClient.Distinct().Count());
        Assert.Equal(atClient, keys.Where(one => one.Role == EndpointRole.Server).Select(one => one.Key));
    }

    [Fact]
    public void Translated_addresses_are_those_that_the_other_end_sees()
    {
        JoinKey? key = null;
        using var capture = new Capture();
        capture.Sink.Also = (in Exchange exchange) => key = exchange.JoinKey;
        var script = Script.Client(capture);
        capture.Pipeline.OnTranslated(script.Connection, Script.Address(7, 50_000), Script.Address(9, 8080));
        script.Sends(Get("/a")).Receives(Response(200, "1")).Closes();
        capture.Finish();
        Assert.Equal(new JoinKey(Script.Address(7, 50_000), Script.Address(9, 8080), 0, 0, 0), key);
    }

    [Fact]
    public void Unix_sockets_and_older_connections_have_no_key()
    {
        var keys = new List<JoinKey?>();
        using var capture = new Capture();
        capture.Sink.Also = (in Exchange exchange) => keys.Add(exchange.JoinKey);
        Script.Unix(capture).Receives(Get("/a")).Sends(Response(200, "1")).Closes();
        Script.Older(capture).Receives(Get("/a")).Sends(Response(200, "1")).Receives(Get("/b")).Sends(Response(200, "2"))
            .Receives(Get("/c")).Sends(Response(200, "3")).Closes();
        capture.Finish();
        Assert.NotEmpty(keys);
        Assert.All(keys, key => Assert.Null(key));
    }

    [Fact]
    public void Either_end_may_come_first()
    {
        foreach (bool isClientFirst in new[] { true, false })
        {
            var joiner = new ExchangeJoiner();
            var (first, second) = isClientFirst ? (ClientView(), ServerView()) : (ServerView(), ClientView());
            Assert.Equal(default, joiner.Offer(Key(0), 1, first));
            Assert.Equal(new JoinResult(1, null), joiner.Offer(Key(0), 2, second));
            Assert.Equal((1, 0), (joiner.Joined, joiner.Ambiguous));
        }
    }

    [Fact]
    public void What_contradicts_is_not_joined()
    {
        JoinView[] servers =
        [
            ServerView() with { Status = 500 }, ServerView() with { RequestBytes = 51 }, ServerView() with { ResponseBytes = 1 },
            ServerView() with { StartNanoseconds = 999 }, // before the client began
        ];
        foreach (var server in servers)
        {
            var joiner = new ExchangeJoiner();
            joiner.Offer(Key(0), 1, ClientView());
            Assert.Equal(default, joiner.Offer(Key(0), 2, server));
        }
    }

    [Fact]
    public void A_later_connection_under_the_same_addresses_is_another()
    {
        var joiner = new ExchangeJoiner();
        joiner.Offer(Key(0), 1, ClientView());
        joiner.Offer(Key(0), 2, ServerView() with { StartNanoseconds = 9000 });
        Assert.Equal(2, joiner.Offer(Key(0), 3, ClientView() with { StartNanoseconds = 8900 }).Partner);
    }

    [Fact]
    public void A_third_view_at_the_same_time_takes_the_pair_back()
    {
        var joiner = new ExchangeJoiner();
        joiner.Offer(Key(0), 1, ClientView());
        joiner.Offer(Key(0), 2, ServerView());
        Assert.Equal(new JoinResult(null, 1), joiner.Offer(Key(0), 3, ClientView()));
        Assert.Equal(default, joiner.Offer(Key(0), 4, ServerView()));
        Assert.Equal((0, 2), (joiner.Joined, joiner.Ambiguous));
    }

    [Fact]
    public void Views_that_wait_have_a_bound()
    {
        var joiner = new ExchangeJoiner(maxWaiting: 10);
        for (int i = 0; i < 100; i++) joiner.Offer(Key((ulong)i), i, ClientView());
        Assert.Equal(90, joiner.GivenUp);
        Assert.Null(joiner.Offer(Key(0), 200, ServerView()).Partner);
        Assert.Equal(99, joiner.Offer(Key(99), 201, ServerView()).Partner);
    }

    private static JoinKey Key(ulong position) => new(Client, Server, 0, position, position);

    private static JoinView ClientView() => new(EndpointRole.Client, 200, 1000, 500, 50, 60);

    private static JoinView ServerView() => new(EndpointRole.Server, 200, 1100, 300, 50, 60);
}
