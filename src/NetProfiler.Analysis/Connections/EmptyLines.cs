using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>The empty lines before a head. They do not belong to a message, and a few are tolerated (RFC 9112, section 2.2).</summary>
internal struct EmptyLines
{
    private int _count;
    private HeadAnomalies _anomalies;

    /// <summary>
    /// Length of the empty line at the start of the bytes; 0 if it is absent, or not tolerated; -1 if more bytes are needed.
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

    /// <summary>The anomalies found since the last head. Called when the head after them has been read.</summary>
    public HeadAnomalies Take()
    {
        var anomalies = _anomalies;
        this = default;
        return anomalies;
    }
}
