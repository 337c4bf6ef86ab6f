using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>The verdicts of user space on connections, in memory shared with the kernel side. Ring-buffer thread only.</summary>
/// <remarks>
/// A slot serves one connection at a time: if two connections share a slot, the later one has it, and the earlier one is copied in full.
/// </remarks>
internal sealed class VerdictTable(int mapFd) : IDisposable
{
    private readonly SharedMap<Verdict> _slots = new(mapFd, Limits.VerdictSlots, "verdicts");

    public void SkipUntil(ulong connection, Direction direction, uint position)
    {
        ref var slot = ref Claim(connection);
        if (direction == Direction.Ingress) slot.skip_until_ingress = position;
        else slot.skip_until_egress = position;
        Volatile.Write(ref slot.skipping, slot.skipping | 1u << (int)direction); // must follow the position that it refers to
    }

    public void StopSkipping(ulong connection, Direction direction)
    {
        ref var slot = ref _slots[Limits.VerdictSlot(connection)];
        if (slot.connection == connection) slot.skipping &= ~(1u << (int)direction);
    }

    public void Ignore(ulong connection) => Claim(connection).ignored = 1;

    public void Dispose() => _slots.Dispose();

    private ref Verdict Claim(ulong connection)
    {
        ref var slot = ref _slots[Limits.VerdictSlot(connection)];
        if (slot.connection == connection) return ref slot;
        slot.skipping = 0;
        slot.ignored = 0;
        Volatile.Write(ref slot.connection, connection);
        return ref slot;
    }
}
