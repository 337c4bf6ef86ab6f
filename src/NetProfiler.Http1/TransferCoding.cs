namespace NetProfiler.Http1;

/// <summary>How Transfer-Encoding determines a message's end.</summary>
public enum TransferCoding : byte
{
    None,

    /// <summary>Only "identity", which section 7 no longer defines: it has no effect.</summary>
    Identity,

    /// <summary>The final coding is chunked.</summary>
    Chunked,

    /// <summary>The final coding is not chunked.</summary>
    NotChunked,
}
