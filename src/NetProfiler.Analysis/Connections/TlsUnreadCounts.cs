using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Connections;

/// <summary>
/// Number of TLS connections that ended without their plaintext being read although reading TLS is enabled. Ring-buffer thread only.
/// </summary>
public sealed class TlsUnreadCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<TlsUnreadReason>().Length];

    public long Of(TlsUnreadReason reason) => _counts[(int)reason];

    internal void Count(TlsUnreadReason reason) => _counts[(int)reason]++;
}
