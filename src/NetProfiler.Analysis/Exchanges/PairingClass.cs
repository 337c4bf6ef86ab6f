namespace NetProfiler.Analysis.Exchanges;

/// <summary>How sure it is that a response answers the request that it is paired with.</summary>
public enum PairingClass : byte
{
    /// <summary>Every byte between was seen, or the positions of both streams leave no other reading.</summary>
    Proven,

    /// <summary>
    /// After a loss, or on a connection that was joined in the middle: the client was seen to wait for each answer, and is taken to have
    /// done so before. What contradicts that later is counted as refuted.
    /// </summary>
    Assumed,
}
