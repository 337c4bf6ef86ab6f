namespace NetProfiler.Analysis.Connections;

/// <summary>
/// What is known of which response answers which request. Bytes that were missed, or that contradict, lead to <see cref="Seeking"/>.
/// </summary>
internal enum PairingState : byte
{
    /// <summary>Every request without an answer is in the queue, and the next response answers the oldest.</summary>
    Certain,

    /// <summary>Requests were missed behind those in the queue: these still get the next responses. Then <see cref="Seeking"/>.</summary>
    Draining,

    /// <summary>
    /// Nothing is known. A request's head at the start of a call, or behind a message that was read: <see cref="Waiting"/>.
    /// </summary>
    Seeking,

    /// <summary>
    /// One request, the candidate, is in the queue; its answer must begin at one certain position. That response: <see cref="Answering"/>.
    /// </summary>
    Waiting,

    /// <summary>The candidate's response is being read. Its end: <see cref="Answered"/>.</summary>
    Answering,

    /// <summary>
    /// The candidate's exchange is complete and withheld. A request whose answer can begin only where this one ended closes the cycle and
    /// is the next candidate: <see cref="Waiting"/>, or with evidence <see cref="Certain"/>.
    /// </summary>
    Answered,
}
