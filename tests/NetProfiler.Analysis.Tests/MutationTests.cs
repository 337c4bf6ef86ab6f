using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Analysis.Tests;

/// <summary>
/// Conversations of which events are dropped, repeated, cut or told out of order, at any place: what is proven is true. MUTANTS asks for
/// more than the usual number, MUTANT_SEED for others; a failure prints the seed that made it.
/// </summary>
public class MutationTests
{
    private static readonly int Mutants = int.Parse(Environment.GetEnvironmentVariable("MUTANTS") ?? "2000");
    private static readonly int FirstSeed = int.Parse(Environment.GetEnvironmentVariable("MUTANT_SEED") ?? "1");

    /// <param name="manner">Of the client: 0 it waits, 1 it waits and pauses, 2 it pipelines, 3 it is one request ahead.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_proven_exchange_is_wrong_and_no_loss_is_silent(int manner)
    {
        for (int seed = FirstSeed; seed < FirstSeed + Mutants / 4; seed++)
        {
            var random = new Random(seed);
            var conversation = new ConversationGenerator(seed, isHostile: random.Next(3) > 0).Next((Manner)manner);
            bool isFromStart = random.Next(3) > 0;
            var calls = Mutated(conversation, random, isFromStart);
            using var capture = Play(conversation, calls, isFromStart);
            var seen = capture.Sink.Exchanges;
            string[] proven = [.. seen.Where(one => one.Pairing == PairingClass.Proven).Select(one => one.Content)];
            string[] shown = [.. seen.Select(one => one.Content)];
            bool isTrue = IsInOrder(proven, conversation.Exchanges, out _);
            bool isAllTrue = IsInOrder(shown, conversation.Exchanges, out var ids) || manner >= 2;
            bool isTold = shown.Length >= conversation.Exchanges.Count
                || capture.Statistics.UnpairedTotal + capture.Statistics.GapBytesTotal + capture.Statistics.DiscardedBytes > 0 ||
                !ShowsLossOf(Enumerable.Range(0, conversation.Exchanges.Count).Except(ids), conversation, calls, isFromStart);
            if (!isTrue || !isAllTrue || !isTold) Assert.Fail(Told(seed, conversation, calls, capture));
        }
    }

    private static List<Transfer> Mutated(GeneratedConversation conversation, Random random, bool isFromStart)
    {
        List<Transfer> calls = [.. conversation.Calls];
        if (!isFromStart) calls.RemoveRange(0, random.Next(1, calls.Count));
        for (int faults = random.Next(4); faults > 0 && calls.Count > 1; faults--)
        {
            int at = random.Next(calls.Count);
            switch (random.Next(8))
            {
                case 0: // a burst, lost in the ring
                    calls.RemoveRange(at, int.Min(random.Next(1, 6), calls.Count - at));
                    break;
                case 1:
                    calls[at] = calls[at].CapturedOnly(random.Next(calls[at].Bytes.Length));
                    break;
                case 2:
                    calls.Insert(random.Next(at + 1, calls.Count + 1), calls[at]);
                    break;
                case 3 when at + 1 < calls.Count && calls[at].Direction != calls[at + 1].Direction: // another thread was faster
                    (calls[at], calls[at + 1]) = (calls[at + 1], calls[at]);
                    break;
                case 4 when random.Next(4) == 0: // one direction only
                    calls.RemoveAll(call => call.Direction == calls[at].Direction);
                    break;
                case 5: // the source does not tell where the other stream stood
                    calls[at] = calls[at] with { Opposite = null };
                    break;
                default:
                    calls.RemoveAt(at);
                    break;
            }
        }

        return calls;
    }

    /// <summary>Whether one list is in the other, in the same order.</summary>
    private static bool IsInOrder(string[] seen, List<string> all, out List<int> ids)
    {
        ids = [];
        int at = 0;
        foreach (string one in seen)
        {
            at = all.IndexOf(one, at) + 1;
            if (at == 0) return false;
            ids.Add(at - 1);
        }

        return true;
    }

    /// <summary>
    /// Whether a loss of these exchanges must be told. The source says where both streams end, and where they begin unless the connection
    /// was joined: then nothing is known of what came before the first exchange of which bytes were told.
    /// </summary>
    private static bool ShowsLossOf(IEnumerable<int> exchanges, GeneratedConversation conversation, List<Transfer> calls, bool isFromStart)
    {
        if (isFromStart) return exchanges.Any();
        int first = Enumerable.Range(0, conversation.Exchanges.Count).Where(id => calls.Exists(call => Holds(call, id)))
            .DefaultIfEmpty(int.MaxValue).Min();
        return exchanges.Any(id => id >= first);

        bool Holds(Transfer call, int id) =>
            conversation.IsPartOf(id, call.Direction == conversation.RequestDirection, call.Position + call.Offset,
                call.Position + call.Offset + call.Bytes.Length);
    }

    private static Capture Play(GeneratedConversation conversation, List<Transfer> calls, bool isFromStart)
    {
        var capture = new Capture();
        capture.Open(conversation.Connection, 1, "process", Script.Address(1, 80), Script.Address(2, 40_000), isFromStart);
        foreach (var call in calls) call.Deliver(capture.Pipeline);
        foreach (var stream in conversation.Calls.GroupBy(call => call.Direction))
            stream.MaxBy(call => call.Position + call.Length)!.DeliverEnd(capture.Pipeline);
        capture.Pipeline.OnClose(new SocketClose(conversation.Connection, conversation.Calls.Max(call => call.Returned), IsHeld: false));
        capture.Pipeline.Advance(long.MaxValue);
        capture.Finish();
        return capture;
    }

    private static string Told(int seed, GeneratedConversation conversation, List<Transfer> calls, Capture capture) => string.Join('\n',
    [
        $"seed {seed}, {(conversation.IsClient ? "client" : "server")}", "took place:", .. conversation.Exchanges, "was told:",
        .. calls.Select(call => $"{(call.Direction == conversation.RequestDirection ? ">" : "<")} {call.Position}+{call.Length} "
            + $"({call.Bytes.Length}) {call.Opposite} {Visible(call.Bytes)}"),
        "was seen:", .. capture.Sink.Exchanges.Select(one => $"{one.Pairing} {one.Content}"), .. capture.Unpaired, .. capture.Gaps,
    ]);

    private static string Visible(byte[] bytes) =>
        System.Text.Encoding.Latin1.GetString(bytes).Replace("\r\n", "|", StringComparison.Ordinal)
            .Replace("pppppppp", "", StringComparison.Ordinal);
}
