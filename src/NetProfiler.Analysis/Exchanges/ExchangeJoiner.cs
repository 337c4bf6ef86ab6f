using System.Runtime.InteropServices;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>One end's view of an exchange, with the values that joining compares.</summary>
/// <param name="StartNanoseconds">Start time, on one clock for both ends.</param>
/// <param name="RequestBytes">Null if unknown.</param>
/// <param name="ResponseBytes">Null if unknown.</param>
public readonly record struct JoinView(
    EndpointRole Role, int Status, long StartNanoseconds, long DurationNanoseconds, long? RequestBytes, long? ResponseBytes);

/// <param name="Partner">Row of the other end's view. Null if it has not arrived.</param>
/// <param name="Revoked">Row whose pair, reported earlier, is withdrawn.</param>
public readonly record struct JoinResult(long? Partner, long? Revoked);

/// <summary>Joins the client's and the server's view of exchanges by <see cref="JoinKey"/>, on one machine. One thread at a time.</summary>
/// <remarks>
/// A pair is joined only if role, status, sizes and times agree too. If two views of one end have the same key at overlapping times, the
/// key is ambiguous and none of them is joined; an existing pair is withdrawn. A missing pair is better than a wrong one.
/// </remarks>
/// <param name="maxWaiting">Maximum number of views that wait for their other end; beyond it, the oldest is dropped and counted.</param>
public sealed class ExchangeJoiner(int maxWaiting = ExchangeJoiner.DefaultMaxWaiting)
{
    public const int DefaultMaxWaiting = 65536;

    private readonly Dictionary<JoinKey, Waiting> _waiting = [];
    private readonly Queue<(JoinKey Key, long Row)> _oldest = [];

    /// <summary>Number of joined pairs.</summary>
    public long Joined { get; private set; }

    /// <summary>Number of waiting views that were dropped because there were too many.</summary>
    public long GivenUp { get; private set; }

    /// <summary>Number of views whose key another view of the same end had at the same time.</summary>
    public long Ambiguous { get; private set; }

    /// <summary>Adds one view of an exchange. If the other end's view has arrived, the pair is complete.</summary>
    /// <param name="row">The caller's identifier of the view.</param>
    public JoinResult Offer(in JoinKey key, long row, in JoinView view)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_waiting, key, out bool isKnown);
        if (!isKnown || !slot.Overlaps(view)) // or an earlier connection with the same addresses
        {
            slot = new Waiting(row, view, Partner: null, IsAmbiguous: false);
            Remember(key, row);
            return default;
        }

        if (slot.IsAmbiguous || slot.Partner is not null || slot.View.Role == view.Role)
        {
            var revoked = slot.Partner is null ? (long?)null : slot.Row;
            if (revoked is not null) Joined--;
            Ambiguous++;
            slot = slot with { IsAmbiguous = true, Partner = null };
            return new JoinResult(null, revoked);
        }

        if (!slot.Agrees(view)) return default;
        slot = slot with { Partner = row };
        Joined++;
        return new JoinResult(slot.Row, null);
    }

    private void Remember(in JoinKey key, long row)
    {
        _oldest.Enqueue((key, row));
        while (_oldest.Count > maxWaiting)
        {
            var (oldest, number) = _oldest.Dequeue();
            if (!_waiting.TryGetValue(oldest, out var waiting) || waiting.Row != number) continue; // replaced in the meantime
            if (waiting.Partner is null) GivenUp++;
            _waiting.Remove(oldest);
        }
    }

    private readonly record struct Waiting(long Row, JoinView View, long? Partner, bool IsAmbiguous)
    {
        private long End => View.StartNanoseconds + View.DurationNanoseconds;

        public bool Overlaps(in JoinView other) =>
            View.StartNanoseconds <= other.StartNanoseconds + other.DurationNanoseconds && other.StartNanoseconds <= End;

        /// <summary>
        /// Whether the views are consistent: the server cannot have read a request before the client began to send it, and values known at
        /// both ends are equal.
        /// </summary>
        public bool Agrees(in JoinView other)
        {
            var (client, server) = View.Role == EndpointRole.Client ? (View, other) : (other, View);
            return client.Status == server.Status && client.StartNanoseconds <= server.StartNanoseconds &&
                AreEqual(client.RequestBytes, server.RequestBytes) && AreEqual(client.ResponseBytes, server.ResponseBytes);
        }

        private static bool AreEqual(long? one, long? other) => one is null || other is null || one == other;
    }
}
