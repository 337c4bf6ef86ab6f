namespace NetProfiler.Analysis.Exchanges;

/// <summary>Outcome of a request.</summary>
public enum ExchangeOutcome : byte
{
    /// <summary>The response is complete.</summary>
    Complete,

    /// <summary>The response began but did not end: the status is certain, the sizes are what was moved.</summary>
    Incomplete,

    /// <summary>No response began, so there is no status.</summary>
    Unanswered,
}

/// <summary>Which side ended a connection while a response was incomplete, and how.</summary>
public enum EndedBy : byte
{
    /// <summary>The exchange is complete.</summary>
    None,

    /// <summary>The client's FIN came first.</summary>
    ClientClosed,

    /// <summary>The client sent a reset.</summary>
    ClientReset,

    /// <summary>The server's FIN came first.</summary>
    ServerClosed,

    /// <summary>The server sent a reset.</summary>
    ServerReset,

    /// <summary>The profiled process exited, and the kernel closed its sockets.</summary>
    ProcessEnded,

    /// <summary>Capture ended first, the end was not seen, or the peer stopped responding.</summary>
    Unknown,
}
