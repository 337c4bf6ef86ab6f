namespace NetProfiler.Capture;

/// <summary>
/// This machine cannot be profiled, or not by this process. The message states the reason, <see cref="Remedy"/> the remedy.
/// </summary>
public sealed class CaptureUnavailableException : Exception
{
    public CaptureUnavailableException(string reason, string remedy, string? verifierLog = null)
        : base(reason)
    {
        Remedy = remedy;
        VerifierLog = verifierLog;
    }

    public string Remedy { get; }

    /// <summary>The last lines of the verifier's log, if the verifier rejected a program.</summary>
    public string? VerifierLog { get; }
}
