using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>The empty lines in front of a head: they belong to no message, and a few are tolerated (RFC 9112, section 2.2).</summary>
internal struct EmptyLines
{
    private int _count;
    private HeadAnomalies _anomalies;

    /// <summary>
    /// Length of the empty line that the bytes begin with; 0: they begin with none that is tolerated; -1: more bytes decide.
    /// </summary>
    public int Read(ReadOnlySpan<byte> bytes)
    {
        int length = bytes[0] == '\n' ? 1 : bytes.StartsWith("\r\n"u8) ? 2 : 0;
        if (length == 0 && bytes.Length == 1) return -1;
        if (length == 0 || _count == HeadReader.MaxLeadingEmptyLines) return 0;
        _count++;
        _anomalies |= HeadAnomalies.LeadingEmptyLine | (length == 1 ? HeadAnomalies.BareLineFeed : HeadAnomalies.None);
        return length;
    }

    /// <summary>The head behind them is read: what they count for.</summary>
    public HeadAnomalies Take()
    {
        var anomalies = _anomalies;
        this = default;
        return anomalies;
    }
}
