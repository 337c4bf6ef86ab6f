namespace NetProfiler.Capture;

/// <summary>This machine cannot be profiled, or not by this process. The message says why, <see cref="Mend"/> what to do.</summary>
public sealed class CaptureUnavailableException : Exception
{
    public CaptureUnavailableException(string reason, string mend, string? verifierLog = null)
        : base(reason)
    {
        Mend = mend;
        VerifierLog = verifierLog;
    }

    public string Mend { get; }

    /// <summary>The last lines of the verifier's log, when it was the verifier.</summary>
    public string? VerifierLog { get; }
}
