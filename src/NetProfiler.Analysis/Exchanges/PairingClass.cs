namespace NetProfiler.Analysis.Exchanges;

/// <summary>Certainty that a response answers the request that it is paired with.</summary>
public enum PairingClass : byte
{
    /// <summary>Every byte in between was seen, or the positions of both streams permit no other pairing.</summary>
    Proven,

    /// <summary>
    /// After a loss, or on a connection that was joined in the middle: the client has waited for each response since, and is assumed to
    /// have done so before. Later contradictions are counted as refuted.
    /// </summary>
    Assumed,
}
