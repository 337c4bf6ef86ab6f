namespace NetProfiler.Analysis.Events;

/// <summary>A TLS session whose plaintext is read. One object per library and version.</summary>
/// <param name="Version">"1.2" or "1.3". Null if the version was not found in the library's memory.</param>
/// <param name="Library">File name of the library that decrypts, such as "libssl.so.3".</param>
public sealed record TlsSession(string? Version, string Library);

/// <summary>Why the plaintext of a TLS connection was not read.</summary>
public enum TlsUnreadReason : byte
{
    /// <summary>The process has not loaded a supported TLS library.</summary>
    NoLibrary,

    /// <summary>The process has a TLS library whose functions were not found or could not be probed.</summary>
    Unsupported,

    /// <summary>The connection began before the probes of its process were attached.</summary>
    AttachedLater,

    /// <summary>No call of the library identified the connection that carries its session.</summary>
    Unbound,
}
