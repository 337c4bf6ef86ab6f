namespace NetProfiler.Http1;

/// <summary>How the end of a body is determined.</summary>
public enum BodyKind : byte
{
    /// <summary>There is no body: the message ends with its head.</summary>
    None,

    /// <summary>By a number of bytes.</summary>
    Fixed,

    /// <summary>By the last chunk and its trailer section.</summary>
    Chunked,

    /// <summary>By the end of the connection.</summary>
    UntilClose,

    /// <summary>By the end of the connection, which carries another protocol from here on.</summary>
    Tunnel,

    /// <summary>Unknown, because the framing is faulty.</summary>
    Invalid,
}
