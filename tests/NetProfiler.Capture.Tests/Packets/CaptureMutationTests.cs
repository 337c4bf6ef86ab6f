using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Tests.Support;
using Xunit.Abstractions;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>
/// Captures of which packets are dropped, repeated, cut, delayed, or of which the start or a direction is missing: what is proven is true,
/// and losses are told. MUTANTS asks for more than the usual number, MUTANT_SEED for others; a failure prints the seed that made it.
/// </summary>
public class CaptureMutationTests(ITestOutputHelper output)
{
    private const int Interleaved = 4;
    private static readonly int Mutants = int.Parse(Environment.GetEnvironmentVariable("MUTANTS") ?? "2000");
    private static readonly int FirstSeed = int.Parse(Environment.GetEnvironmentVariable("MUTANT_SEED") ?? "1");

    /// <param name="manner">Of the client: 0 it waits, 1 it waits and pauses, 2 it pipelines, 3 it is one request ahead, 4 several
    /// connections of all manners at once.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void No_proven_exchange_is_wrong_and_no_loss_is_silent(int manner)
    {
        var seeds = Enumerable.Range(FirstSeed, int.Max(1, Mutants / (manner == 4 ? 5 * Interleaved : 5)));
        int shown = 0, assumed = 0, wrong = 0;
        foreach (int seed in seeds)
        {
            CaptureMutant[] mutants = manner < 4 ? [new CaptureMutant(seed, (Manner)manner)]
                : [.. Enumerable.Range(0, Interleaved).Select(i => new CaptureMutant(seed, (Manner)i, i))];
            var role = seed % 2 == 0 ? EndpointRole.Server : EndpointRole.Client;
            IEnumerable<Segment> packets = manner < 4 ? mutants[0].Segments
                : mutants.SelectMany(mutant => mutant.Segments).OrderBy(one => one.TimeNanoseconds);
            var seen = Replayed.Of(CaptureFile.Classic(packets, hasNanoseconds: true), role);
            foreach (var mutant in mutants)
            {
                var exchanges = seen.Exchanges.Where(one =>
                    one.Process == (role == EndpointRole.Client ? mutant.Client : $"10.0.0.1:{mutant.ServerPort}")).ToArray();
                bool isTrue = IsInOrder(exchanges.Where(one => one.Pairing == PairingClass.Proven), mutant, out _);
                bool isAllTrue = IsInOrder(exchanges, mutant, out var ids);
                bool mayDiffer = mutant.Conversation.Window > 1;
                bool isTold = exchanges.Length >= mutant.Conversation.Exchanges.Count || seen.Losses.Any()
                    || seen.Statistics.DiscardedBytes > 0 ||
                    !mutant.ShowsLossOf(Enumerable.Range(0, mutant.Conversation.Exchanges.Count).Except(ids));
                shown += exchanges.Length;
                assumed += exchanges.Count(one => one.Pairing == PairingClass.Assumed);
                if (isTrue && !isAllTrue) wrong++;
                if (!isTrue || (!isAllTrue && !mayDiffer) || !isTold)
                    Assert.Fail(Report(seed, role, mutant, seen,
                        $"{(isTrue ? "" : "wrong ")}{(isAllTrue ? "" : "wrongly assumed ")}{(isTold ? "" : "silent")}"));
            }
        }

        output.WriteLine($"{shown} exchanges shown, {assumed} of them assumed; {wrong} captures with a wrong assumption");
    }

    /// <summary>Whether these are exchanges of the conversation, in order, their sizes equal or absent.</summary>
    private static bool IsInOrder(IEnumerable<SeenExchange> seen, CaptureMutant mutant, out List<int> ids)
    {
        ids = [];
        int at = 0;
        foreach (var one in seen)
        {
            at = mutant.Conversation.Exchanges.FindIndex(at, all => IsSame(one.Content, all)) + 1;
            if (at == 0) return false;
            ids.Add(at - 1);
        }

        return true;
    }

    private static bool IsSame(string seen, string tookPlace) => seen == tookPlace || (seen.Contains("-1", StringComparison.Ordinal) &&
        seen.Split(' ').Zip(tookPlace.Split(' ')).All(part => part.First == part.Second || part.First is "-1" or "(-1)"));

    private static string Report(int seed, EndpointRole role, CaptureMutant mutant, Replayed seen, string what) => string.Join('\n',
        [$"{what}: seed {seed}, connection {mutant.Index}, {role}, {mutant}", "was seen:",
            .. seen.Exchanges.Select(one => $"{one.Process} {one.Pairing} {one.Content}"), .. seen.Losses]);
}
