namespace NetProfiler.Analysis.Connections;

/// <summary>
/// The certainty with which responses are matched to requests. Missed or contradictory bytes lead to <see cref="Seeking"/>.
/// </summary>
internal enum PairingState : byte
{
    /// <summary>Every unanswered request is in the queue, and the next response answers the oldest.</summary>
    Certain,

    /// <summary>
    /// Requests after those in the queue were missed; the queued ones still get the next responses. Then <see cref="Seeking"/>.
    /// </summary>
    Draining,

    /// <summary>
    /// Pairing is unknown. A request's head at the start of a call, or after a message that was read, leads to <see cref="Waiting"/>.
    /// </summary>
    Seeking,

    /// <summary>
    /// One request, the candidate, is in the queue; its response must begin at one exact position. That response leads to
    /// <see cref="Answering"/>.
    /// </summary>
    Waiting,

    /// <summary>The candidate's response is being read. Its end leads to <see cref="Answered"/>.</summary>
    Answering,

    /// <summary>
    /// The candidate's exchange is complete and withheld. A request whose response can begin only where this one ended closes the cycle and
    /// is the next candidate: <see cref="Waiting"/>, or <see cref="Certain"/> if there is evidence.
    /// </summary>
    Answered,
}
