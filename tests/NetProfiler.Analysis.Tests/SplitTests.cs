using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;
using static NetProfiler.Analysis.Tests.Support.Http;

namespace NetProfiler.Analysis.Tests;

/// <summary>How bytes were cut into calls changes no exchange.</summary>
public class SplitTests
{
    private static readonly (Direction Direction, string Text)[] Conversation =
    [
        (Direction.Ingress, "PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
        (Direction.Egress, Continue),
        (Direction.Ingress, "hello"),
        (Direction.Egress, ResponseHead(103, "X: y") + Chunked(201, "good", "bye")),
        (Direction.Ingress, "HEAD /b HTTP/1.1\r\n\r\n" + ChunkedPost("/c", "a", "bc") + Get("/d")),
        (Direction.Egress, ResponseHead(200, "Content-Length: 9") + Response(404, "no") + ResponseHead(304, "X: y")),
        (Direction.Ingress, "\r\n" + Post("/e", "x")),
        (Direction.Egress, Response(500) ),
        (Direction.Ingress, "GET /f HTTP/1.0\r\n\r\n"),
        (Direction.Egress, "HTTP/1.0 200\r\n\r\nuntil the end"),
    ];

    private static readonly string[] Expected = Play(_ => []);

    [Fact]
    public void The_whole_conversation_is_understood() =>
        Assert.Equal(["PUT /a 201", "HEAD /b 200", "POST /c 404", "GET /d 304", "POST /e 500", "GET /f 200"],
            Expected.Select(line => line[..line.IndexOf(':')]));

    [Fact]
    public void Every_split_of_every_message_gives_the_same_exchanges()
    {
        for (int message = 0; message < Conversation.Length; message++)
        {
            for (int at = 1; at < Conversation[message].Text.Length; at++)
                Assert.Equal(Expected, Play(index => index == message ? [at] : []));
        }
    }

    [Fact]
    public void Every_two_splits_of_every_message_give_the_same_exchanges()
    {
        for (int message = 0; message < Conversation.Length; message++)
        {
            int length = Conversation[message].Text.Length;
            for (int first = 1; first < length; first++)
            {
                for (int second = first + 1; second < length; second += 1 + length / 40)
                    Assert.Equal(Expected, Play(index => index == message ? [first, second] : []));
            }
        }
    }

    [Fact]
    public void Byte_by_byte_it_is_the_same() =>
        Assert.Equal(Expected, Play(index => Enumerable.Range(1, Conversation[index].Text.Length - 1)));

    [Fact]
    public void So_it_is_for_the_client() => Assert.Equal(Expected, Play(_ => [], isClient: true));

    [Fact]
    public void A_head_that_ends_in_a_call_of_64_KiB_is_read()
    {
        string body = new('x', 70_000), request = Post("/a", body), response = Response(200, body);
        using var script = Script.Server().Receives(request[..20]).Receives(request[20..(20 + 65536)]).Receives(request[(20 + 65536)..])
            .Sends(response[..20]).Sends(response[20..(20 + 65536)]).Sends(response[(20 + 65536)..]).Closes().Shows("POST /a 200").Counts();
    }

    private static string[] Play(Func<int, IEnumerable<int>> splits, bool isClient = false)
    {
        using var script = isClient ? Script.Client() : Script.Server();
        foreach (var (index, (direction, text)) in Conversation.Index())
        {
            int start = 0;
            foreach (int end in splits(index).Append(text.Length))
            {
                if ((direction == Direction.Ingress) != isClient) script.Receives(text[start..end]);
                else script.Sends(text[start..end]);
                start = end;
            }
        }

        script.Closes().Counts().HasGaps();
        return [.. script.Capture.Sink.Exchanges.Select(exchange => exchange.Content)];
    }
}
