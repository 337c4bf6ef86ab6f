using System.Diagnostics;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Analysis.Tests;

/// <summary>Conversations made up, with what can happen to them on the way. A failure prints the seed that made it.</summary>
public class PropertyTests
{
    private const int ConversationsPerSeed = 50;

    /// <summary>However slow the machine is.</summary>
    private const int MinSeeds = 10;

    /// <summary>For each property; PROPERTY_SECONDS asks for more.</summary>
    private static readonly TimeSpan Budget =
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("PROPERTY_SECONDS") ?? "2"));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Without_faults_there_are_exactly_the_exchanges_that_took_place(int manners) => ForSeeds(seed =>
    {
        var generator = new ConversationGenerator(seed);
        for (int i = 0; i < ConversationsPerSeed; i++)
        {
            var conversation = generator.Next(manners == 1 ? Manner.TakesTurns : Manner.Pipelines);
            using var capture = Play(conversation, generator.Swapped(conversation));
            Assert.Equal(conversation.Exchanges, capture.Sink.Exchanges.Select(exchange => exchange.Content));
            Assert.Empty(capture.Unpaired);
            Assert.Empty(capture.Gaps);
            Assert.All(capture.Sink.Exchanges, exchange => Assert.True(exchange.FirstByte >= 0 && exchange.Duration >= exchange.FirstByte));
            Assert.All(capture.Sink.Exchanges, exchange =>
                Assert.Equal(conversation.IsClient ? EndpointRole.Client : EndpointRole.Server, exchange.Role));
        }
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void With_faults_there_are_fewer_but_none_is_wrong_and_none_is_lost_in_silence(int manners) => ForSeeds(seed =>
    {
        var generator = new ConversationGenerator(seed);
        for (int i = 0; i < ConversationsPerSeed; i++)
        {
            var conversation = generator.Next(manners == 1 ? Manner.TakesTurns : Manner.Pipelines);
            // Known limit: an interim response is not counted in the sizes when a gap was before it and it was seen before its request.
            var told = conversation.HasInterimResponses ? conversation.Calls : generator.Swapped(conversation);
            var calls = generator.Damaged(conversation, told);
            using var capture = Play(conversation, calls);
            string[] seen = [.. capture.Sink.Exchanges.Select(exchange => exchange.Content)];
            if (seen.Except(conversation.Exchanges).Any() || seen.Distinct().Count() < seen.Length)
                Assert.Fail(Told(conversation, calls, seen));
            if (seen.Length < conversation.Exchanges.Count)
                Assert.True(capture.Statistics.UnpairedTotal > 0 || capture.Statistics.GapBytesTotal > 0);
        }
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_is_held_is_what_was_on_the_wire(int manners) => ForSeeds(seed =>
    {
        var generator = new ConversationGenerator(seed);
        for (int i = 0; i < ConversationsPerSeed; i++)
        {
            var conversation = generator.Next(manners == 1 ? Manner.TakesTurns : Manner.Pipelines);
            using var capture = Play(conversation, generator.Swapped(conversation), Everything);
            var samples = capture.Sink.Samples;
            Assert.Equal(conversation.Exchanges.Count, samples.Count);
            Assert.Equal(Wire(conversation, isRequest: true), string.Concat(samples.Select(sample => Held(sample.Request))));
            if (!conversation.HasInterimResponses)
                Assert.Equal(Wire(conversation, isRequest: false), string.Concat(samples.Select(sample => Held(sample.Response))));
            foreach (var message in samples.SelectMany(sample => new[] { sample.Request, sample.Response }))
            {
                Assert.False(message.IsBodyCut);
                if (message.CallsNotKept == 0) Assert.Equal(Held(message).Length, message.Calls.Sum(call => call.Bytes));
            }
        }
    });

    [Fact]
    public void With_faults_less_is_held_but_nothing_that_was_not_on_the_wire() => ForSeeds(seed =>
    {
        var generator = new ConversationGenerator(seed);
        for (int i = 0; i < ConversationsPerSeed; i++)
        {
            var conversation = generator.Next(i % 2 == 0 ? Manner.TakesTurns : Manner.Pipelines);
            if (conversation.HasInterimResponses) continue;
            using var capture = Play(conversation, generator.Damaged(conversation, generator.Swapped(conversation)), Everything);
            string requests = Wire(conversation, isRequest: true), responses = Wire(conversation, isRequest: false);
            foreach (var sample in capture.Sink.Samples)
            {
                Assert.Contains(Held(sample.Request), requests, StringComparison.Ordinal);
                Assert.Contains(Held(sample.Response), responses, StringComparison.Ordinal);
                foreach (var message in new[] { sample.Request, sample.Response })
                    if (!message.IsBodyCut) Assert.Equal(message.Bytes, Held(message).Length);
            }
        }
    });

    /// <summary>
    /// Known limit: of a client that pipelines, and did so before we came, the answers that are still owed cannot be told from
    /// those to what we see; here it takes turns.
    /// </summary>
    [Fact]
    public void From_the_middle_on_nothing_is_invented_and_nothing_is_paired_wrongly() => ForSeeds(seed =>
    {
        var generator = new ConversationGenerator(seed);
        var random = new Random(seed);
        for (int i = 0; i < ConversationsPerSeed; i++)
        {
            var conversation = generator.Next(Manner.TakesTurns);
            if (conversation.HasInterimResponses) continue; // the other known limit, above
            List<Transfer> calls = [.. conversation.Calls.Skip(random.Next(conversation.Calls.Count))];
            using var capture = Play(conversation, calls, isFromStart: false);
            string[] seen = [.. capture.Sink.Exchanges.Select(exchange => exchange.Content)];
            if (seen.Except(conversation.Exchanges).Any() || seen.Distinct().Count() < seen.Length)
                Assert.Fail(Told(conversation, calls, seen));
        }
    });

    [Fact]
    public void A_client_that_waits_and_pauses_is_understood_again_after_any_lost_call()
    {
        var generator = new ConversationGenerator(seed: 1, minFirstCall: 16);
        for (int i = 0; i < 200; i++)
        {
            var conversation = generator.Next(Manner.Pauses);
            if (conversation.HasInterimResponses) continue;
            for (int lost = 0; lost < conversation.Calls.Count; lost++)
            {
                using var capture = Play(conversation, [.. conversation.Calls.Where((_, index) => index != lost)]);
                int missed = conversation.Exchanges.Count - capture.Sink.Exchanges.Count;
                if (missed > 3)
                    Assert.Fail($"call {lost} lost\n" + Told(conversation, conversation.Calls,
                        capture.Sink.Exchanges.Select(exchange => exchange.Content)));
            }
        }
    }

    private static readonly HoldingPolicy Everything = new(HoldingPolicy.MaxBodyBytes, HoldingPolicy.MaxBodyBytes);

    private static string Held(SampledMessage message) =>
        System.Text.Encoding.Latin1.GetString(message.Head.Span) + System.Text.Encoding.Latin1.GetString(message.Body.Span);

    private static string Wire(GeneratedConversation conversation, bool isRequest) => string.Concat(conversation.Calls
        .Where(call => call.Direction == conversation.RequestDirection == isRequest).OrderBy(call => call.Position)
        .Select(call => System.Text.Encoding.Latin1.GetString(call.Bytes)));

    private static Capture Play(GeneratedConversation conversation, List<Transfer> calls, HoldingPolicy? holding = null,
        bool isFromStart = true)
    {
        var capture = new Capture(holding);
        capture.Open(conversation.Connection, 1, "process", Script.Address(1, 80), Script.Address(2, 40_000), isFromStart);
        foreach (var call in calls) call.Deliver(capture.Pipeline);
        foreach (var stream in conversation.Calls.GroupBy(call => call.Direction))
            stream.MaxBy(call => call.Position + call.Length)!.DeliverEnd(capture.Pipeline);
        capture.Pipeline.OnClose(new SocketClose(conversation.Connection, conversation.Calls.Max(call => call.Returned), IsHeld: false));
        capture.Pipeline.Advance(long.MaxValue);
        capture.Finish();
        return capture;
    }

    private static string Told(GeneratedConversation conversation, IEnumerable<Transfer> calls, IEnumerable<string> seen) =>
        string.Join('\n',
    [
        "took place:", .. conversation.Exchanges, "was told:",
        .. calls.Select(call => $"{(call.Direction == conversation.RequestDirection ? ">" : "<")} {call.Position}+{call.Length} "
            + $"{call.Uncaptured} {Visible(call.Bytes)}"),
        "was seen:", .. seen,
    ]);

    private static string Visible(byte[] bytes) =>
        System.Text.Encoding.ASCII.GetString(bytes).Replace("\r\n", "|", StringComparison.Ordinal)
            .Replace("pppppppp", "", StringComparison.Ordinal);

    private static void ForSeeds(Action<int> property)
    {
        var time = Stopwatch.StartNew();
        int seeds = 0;
        for (int seed = 1; time.Elapsed < Budget || seeds < MinSeeds; seed++, seeds++)
        {
            try
            {
                property(seed);
            }
            catch (Exception failure)
            {
                Assert.Fail($"seed {seed}: {failure}");
            }
        }
    }
}
