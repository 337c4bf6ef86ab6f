namespace NetProfiler.Http1;

/// <summary>What ends a body.</summary>
public enum BodyKind : byte
{
    /// <summary>There is none: the message ends with its head.</summary>
    None,

    /// <summary>A count of bytes.</summary>
    Fixed,

    /// <summary>The last chunk and its trailer section.</summary>
    Chunked,

    /// <summary>The connection's end.</summary>
    UntilClose,

    /// <summary>The connection's end; from here on it speaks another protocol.</summary>
    Tunnel,

    /// <summary>Nobody knows: the framing is faulty.</summary>
    Invalid,
}
