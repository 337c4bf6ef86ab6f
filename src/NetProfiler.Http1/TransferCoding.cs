namespace NetProfiler.Http1;

/// <summary>What Transfer-Encoding says about a message's end.</summary>
public enum TransferCoding : byte
{
    None,

    /// <summary>There is none but "identity", which section 7 no longer has: it changes nothing.</summary>
    Identity,

    /// <summary>The final coding is chunked.</summary>
    Chunked,

    /// <summary>The final coding is another one.</summary>
    NotChunked,
}
