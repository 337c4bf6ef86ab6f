namespace NetProfiler.Http1;

/// <summary>Anomalies of a readable head that a sender must not generate; numbers in comments are sections of RFC 9112.</summary>
[Flags]
public enum HeadAnomalies : ushort
{
    None = 0,

    /// <summary>A line ends in LF alone (2.2).</summary>
    BareLineFeed = 1,

    /// <summary>Empty lines precede the start line (2.2).</summary>
    LeadingEmptyLine = 2,

    /// <summary>A field value continues on the next line (5.2).</summary>
    ObsoleteFold = 4,

    /// <summary>Content-Length is repeated with one value (6.3, rule 5).</summary>
    DuplicateContentLength = 8,

    /// <summary>Content-Length is repeated with different values (6.3, rule 5).</summary>
    ConflictingContentLength = 16,

    /// <summary>Transfer-Encoding overrides a Content-Length (6.3, rule 3).</summary>
    ContentLengthWithTransferEncoding = 32,

    /// <summary>A response has whitespace between a field's name and its colon (5.1).</summary>
    WhitespaceBeforeColon = 64,

    /// <summary>A transfer coding is not one of section 7; "identity" is no longer a coding.</summary>
    UnknownTransferCoding = 128,

    /// <summary>Content-Length is folded, or is not a decimal number of at most 63 bits (6.2).</summary>
    InvalidContentLength = 256,

    /// <summary>Transfer-Encoding is folded, empty, quoted or malformed, or has chunked twice or with parameters (6.1, 7.1).</summary>
    InvalidTransferEncoding = 512,

    /// <summary>Another transfer coding follows chunked (6.1).</summary>
    ChunkedNotFinal = 1024,

    /// <summary>An HTTP/1.0 message has Transfer-Encoding (6.1).</summary>
    TransferEncodingBeforeHttp11 = 2048,

    /// <summary>A request has more than one Host; parsers may use either (3.2).</summary>
    DuplicateHost = 4096,

    /// <summary>An HTTP/1.1 request has no Host (3.2).</summary>
    MissingHost = 8192,
}
