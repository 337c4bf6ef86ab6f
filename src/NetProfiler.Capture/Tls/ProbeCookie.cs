namespace NetProfiler.Capture.Tls;

/// <summary>What a probed function does: enum tls_function of bpf/tls.bpf.h.</summary>
internal enum ProbedFunction : byte
{
    Read = 1,
    Write,
    Handshake,
    SendFile,
    New,
    Free,
    Clear,

    /// <summary>The session is the server's end of its connection.</summary>
    Accept,

    /// <summary>The session is the client's end.</summary>
    Connect,

    /// <summary>Bytes are handed to a transport.</summary>
    Transport,
}

/// <summary>A function to probe.</summary>
/// <param name="Offset">Of the instruction to probe, in the file.</param>
/// <param name="LengthArgument">The argument, 4 or 5, that points to where the number of bytes is left; 0: it is returned.</param>
internal readonly record struct Probe(ProbedFunction Function, ulong Offset, int LengthArgument = 0);

/// <summary>What the kernel side is told of a probe, each time that it is hit.</summary>
internal static class ProbeCookie
{
    private const ulong VersionNotKnown = 0xFFFF;

    /// <param name="library">Number of the library's file.</param>
    /// <param name="versionAt">Offset of the protocol's version in a session's object; null: not known.</param>
    public static ulong Of(in Probe probe, ushort library, int? versionAt) =>
        (byte)probe.Function | (ulong)probe.LengthArgument << 8 | (ulong)library << 16 | (versionAt is { } at ? (ulong)at
            : VersionNotKnown) << 32;
}
