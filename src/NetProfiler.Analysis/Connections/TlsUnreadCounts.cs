using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Connections;

/// <summary>TLS connections that ended without plaintext being read, where TLS is to be read. Ring-buffer thread only.</summary>
public sealed class TlsUnreadCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<TlsUnreadReason>().Length];

    public long Of(TlsUnreadReason reason) => _counts[(int)reason];

    internal void Count(TlsUnreadReason reason) => _counts[(int)reason]++;
}
