using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Connections;

/// <summary>Spares the kernel side copying long bodies whose end is known.</summary>
internal sealed class SkipAdvisor(Connection connection, IKernelConnections kernel)
{
    /// <summary>A body with more than this still to come is worth telling.</summary>
    private const int ThresholdBytes = 32 * 1024;

    /// <summary>Farthest that a skip reaches ahead: positions are compared modulo 2^32.</summary>
    private const int MaxSkipBytes = 1 << 30;

    // By direction: the kernel side was asked not to copy before this position; 0: was not.
    private ulong _ingressUntil;
    private ulong _egressUntil;

    /// <summary>The stream is within a body.</summary>
    public void Ask(ByteStream stream)
    {
        long remaining = stream.Reader.KnownRemaining;
        if (remaining < ThresholdBytes || connection.Content.WantsMore(stream)) return;

        ref ulong asked = ref UntilOf(stream);
        ulong until = stream.Position + (ulong)long.Min(remaining, MaxSkipBytes);
        bool isFarEnough = asked >= until || asked > stream.Position + MaxSkipBytes / 2;
        if (isFarEnough) return;
        asked = until;
        kernel.SkipUntil(connection.Id, stream.Direction, (uint)until);
    }

    /// <summary>The body ended, or where it ends is not known any more.</summary>
    public void TakeBack(ByteStream stream)
    {
        ref ulong asked = ref UntilOf(stream);
        if (asked == 0) return;
        asked = 0;
        kernel.StopSkipping(connection.Id, stream.Direction);
    }

    public void Reset() => _ingressUntil = _egressUntil = 0;

    private ref ulong UntilOf(ByteStream stream)
    {
        if (stream.Direction == Direction.Ingress) return ref _ingressUntil;
        return ref _egressUntil;
    }
}
