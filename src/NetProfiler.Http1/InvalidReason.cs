namespace NetProfiler.Http1;

/// <summary>Why bytes are not, or no longer, HTTP/1.x.</summary>
public enum InvalidReason : byte
{
    None,
    StartLine,
    Method,
    Target,
    Version,
    Status,
    FieldName,
    FieldValue,
    HeadTooLarge,
    ContentLength,
    TransferEncoding,
    ChunkSize,
    ChunkExtension,
    ChunkTerminator,
    Trailer,

    /// <summary>A TLS handshake record.</summary>
    TlsRecord,

    /// <summary>The connection preface of HTTP/2.</summary>
    Http2Preface,

    /// <summary>A request line without a version.</summary>
    Http09,

    /// <summary>The message was answered, or aborted, before its end.</summary>
    Incomplete,
}
