namespace NetProfiler.Capture;

/// <summary>
/// This machine cannot be profiled, or not by this process. The message states the reason, <see cref="Mend"/> the remedy.
/// </summary>
public sealed class CaptureUnavailableException : Exception
{
    public CaptureUnavailableException(string reason, string mend, string? verifierLog = null)
        : base(reason)
    {
        Mend = mend;
        VerifierLog = verifierLog;
    }

    public string Mend { get; }

    /// <summary>The last lines of the verifier's log, if the verifier rejected a program.</summary>
    public string? VerifierLog { get; }
}
