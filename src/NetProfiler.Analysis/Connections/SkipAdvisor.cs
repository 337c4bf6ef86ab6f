using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Connections;

/// <summary>Asks the kernel side not to copy the rest of a long body whose end is known.</summary>
internal sealed class SkipAdvisor(Connection connection, IKernelConnections kernel)
{
    /// <summary>Minimum number of remaining body bytes for which a skip is requested.</summary>
    private const int ThresholdBytes = 32 * 1024;

    /// <summary>Maximum length of a skip: positions are compared modulo 2^32.</summary>
    private const int MaxSkipBytes = 1 << 30;

    // Position, per direction, before which the kernel side was asked not to copy; 0 if it was not asked.
    private ulong _ingressUntil;
    private ulong _egressUntil;

    /// <summary>Requests a skip, if worthwhile, while the stream is within a body.</summary>
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

    /// <summary>Cancels the skip: the body has ended, or its end is no longer known.</summary>
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
