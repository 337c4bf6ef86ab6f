using NetProfiler.Analysis;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Capture.Tests.Recordings;

/// <summary>
/// A live run of both ends of five connections, of which events are dropped at any place, as from a full ring, or all before one, as where
/// a connection is joined in the middle: what is shown is true, and what can be known again is shown again. MUTANTS asks for more than the
/// usual number.
/// </summary>
public class RecordedLossTests
{
    /// <summary>Exchanges of a loss: the one that it hit, which may have been whole on the wire, and the first one after it.</summary>
    private const int NotShownAfterLoss = 2;

    /// <summary>Cycles after which a client is taken to wait, and the exchange that is withheld while the first one begins.</summary>
    private const int NotShownAfterJoining = 8 + 2;

    private static readonly int Mutants = int.Parse(Environment.GetEnvironmentVariable("MUTANTS") ?? "2000");

    private static readonly Conversation[] Conversations =
        [.. TakenEvents.Of(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Recordings/files/both-ends.rec")))
        .Connections.Values.Select(calls => new Conversation(calls, Play(calls, isFromStart: true)))];

    private sealed record Conversation(List<TakenData> Calls, List<SeenExchange> Exchanges)
    {
        public string Kind => Exchanges[0].Target.Split('/')[1];

        /// <summary>The client had each answer before it asked again.</summary>
        public bool Waits => Kind is "pauses" or "busy" or "now-and-then";

        /// <summary>Of the exchange that a call belongs to, if the client waits.</summary>
        public int ExchangeOf(TakenData call) => int.Max(0, Exchanges.FindLastIndex(one => one.Start <= call.Time));
    }

    [Fact]
    public void The_recording_holds_both_ends_of_five_connections() => Assert.Equal(
        [("ahead", 30), ("busy", 48), ("deep", 30), ("now-and-then", 40), ("pauses", 16)],
        Conversations.GroupBy(one => one.Kind).OrderBy(both => both.Key, StringComparer.Ordinal).Select(both =>
        {
            Assert.Equal([EndpointRole.Client, EndpointRole.Server], both.Select(one => one.Exchanges[0].Role).Order().Reverse());
            return (both.Key, both.Select(one => one.Exchanges.Count).Distinct().Single());
        }));

    [Fact]
    public void One_lost_event_costs_what_it_hit_and_makes_no_wrong_pair()
    {
        foreach (var conversation in Conversations)
        {
            for (int lost = 0; lost < conversation.Calls.Count; lost++)
            {
                var seen = Play([.. conversation.Calls.Where((_, i) => i != lost)], isFromStart: true);
                AssertTrue(conversation, seen, $"call {lost} is lost");
                if (conversation.Kind == "pauses")
                    AssertShownFrom(conversation, seen, conversation.ExchangeOf(conversation.Calls[lost]) + NotShownAfterLoss,
                        $"call {lost} is lost");
            }
        }
    }

    [Fact]
    public void A_connection_joined_at_any_call_makes_no_wrong_pair_and_shows_exchanges_in_time()
    {
        foreach (var conversation in Conversations)
        {
            for (int first = 1; first < conversation.Calls.Count; first++)
            {
                var seen = Play(Joined(conversation.Calls, first), isFromStart: false);
                string how = $"joined at call {first}";
                AssertTrue(conversation, seen, how);
                int hit = conversation.ExchangeOf(conversation.Calls[first]);
                if (conversation.Kind == "pauses") AssertShownFrom(conversation, seen, hit + NotShownAfterLoss, how);
                if (conversation.Kind == "busy") AssertShownFrom(conversation, seen, hit + NotShownAfterJoining, how);
            }
        }
    }

    [Fact]
    public void Bursts_of_lost_events_make_no_wrong_pair()
    {
        for (int seed = 1; seed <= Mutants; seed++)
        {
            var random = new Random(seed);
            var conversation = Conversations[random.Next(Conversations.Length)];
            bool isFromStart = random.Next(2) == 0;
            var calls = isFromStart ? [.. conversation.Calls] : Joined(conversation.Calls, random.Next(1, conversation.Calls.Count - 1));
            for (int bursts = random.Next(1, 4); bursts > 0 && calls.Count > 1; bursts--)
            {
                int at = random.Next(calls.Count);
                calls.RemoveRange(at, int.Min(random.Next(1, 12), calls.Count - at));
            }

            AssertTrue(conversation, Play(calls, isFromStart), $"seed {seed}");
        }
    }

    // Positions of a joined connection count from the first call on.
    private static List<TakenData> Joined(List<TakenData> calls, int first)
    {
        var from = calls[first..];
        uint StartOf(Direction direction) => from.Find(call => call.Direction == direction)?.Position
            ?? calls.Where(call => call.Direction == direction).Select(call => call.Position + call.Length).DefaultIfEmpty().Max();
        uint[] starts = [StartOf(Direction.Ingress), StartOf(Direction.Egress)];
        return from.ConvertAll(call =>
        {
            uint opposite = starts[1 - (int)call.Direction];
            return call with { Position = call.Position - starts[(int)call.Direction], OppositeTaken = call.OppositeTaken - opposite,
                OppositeThere = call.OppositeThere - opposite };
        });
    }

    private static List<SeenExchange> Play(List<TakenData> calls, bool isFromStart)
    {
        var sink = new CollectingSink();
        var pipeline = new ExchangePipeline(sink, NoKernel.Instance, new CaptureStatistics());
        if (calls.Count == 0) return sink.Exchanges;
        pipeline.OnOpen(new SocketOpen
        {
            Connection = calls[0].Connection, ProcessId = 1, ProcessName = "process"u8, Local = EndpointAddress.IPv4([127, 0, 0, 1], 1),
            Remote = EndpointAddress.IPv4([127, 0, 0, 1], 2),
            FromStart = isFromStart,
        });
        foreach (var call in calls) call.Tell(pipeline);
        pipeline.OnClose(new SocketClose(calls[0].Connection, calls[^1].Time, IsHeld: false));
        pipeline.Finish();
        var statistics = pipeline.Statistics;
        Assert.Equal(statistics.MovedBytes,
            statistics.ParsedBytes + statistics.PassedBytes + statistics.DiscardedBytes + statistics.DuplicateBytes
            + statistics.GapBytesTotal);
        return sink.Exchanges;
    }

    /// <summary>What is shown took place, in this order; of a client that pipelines only what is proven is held to that.</summary>
    private static void AssertTrue(Conversation conversation, List<SeenExchange> seen, string how)
    {
        int at = 0;
        foreach (var one in seen.Where(one => conversation.Waits || one.Pairing == PairingClass.Proven))
        {
            at = conversation.Exchanges.FindIndex(at, truth => truth.Content == one.Content) + 1;
            if (at == 0) Assert.Fail($"{conversation.Kind}, {one.Role}, {how}: {one.Pairing} {one.Content} did not take place");
        }
    }

    private static void AssertShownFrom(Conversation conversation, List<SeenExchange> seen, int first, string how)
    {
        var missing = conversation.Exchanges.Skip(first).Select(one => one.Target).Except(seen.Select(one => one.Target)).ToList();
        if (missing.Count > 0)
            Assert.Fail($"{conversation.Kind}, {conversation.Exchanges[0].Role}, {how}: {string.Join(' ', missing)} of "
                + $"{conversation.Exchanges.Count} are not shown");
    }
}
