namespace NetProfiler.Analysis.Exchanges;

/// <summary>What became of a request.</summary>
public enum ExchangeOutcome : byte
{
    /// <summary>It has its whole response.</summary>
    Complete,

    /// <summary>Its response was begun and did not come to its end: the status is certain, the sizes are what was moved.</summary>
    Incomplete,

    /// <summary>No response was begun: there is no status.</summary>
    Unanswered,
}

/// <summary>Who ended a connection on which a request had not its whole response yet, and how.</summary>
public enum EndedBy : byte
{
    /// <summary>Nobody: the exchange is complete.</summary>
    None,

    /// <summary>The client's FIN came first.</summary>
    ClientClosed,

    /// <summary>The client's reset.</summary>
    ClientReset,

    /// <summary>The server's FIN came first.</summary>
    ServerClosed,

    /// <summary>The server's reset.</summary>
    ServerReset,

    /// <summary>The profiled process ended, and the kernel closed its sockets.</summary>
    ProcessEnded,

    /// <summary>Capture ended first, the end was not seen, or the peer did not answer any more.</summary>
    Unknown,
}
