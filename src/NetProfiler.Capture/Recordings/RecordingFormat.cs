namespace NetProfiler.Capture.Recordings;

/// <summary>Constants of the recording format, which is specified in docs/recording-format.md.</summary>
internal static class RecordingFormat
{
    public const int Version = 2;

    /// <summary>The first version. It does not contain the opposite stream's position, so nothing is proven after a loss.</summary>
    public const int FirstVersion = 1;

    /// <summary>More than the size of any record: at most 64 KiB of one call, an address, a name.</summary>
    public const int MaxRecordBytes = 80 * 1024;

    /// <summary>A non-text byte, a name, and line ends that a transfer in text mode would change.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'N', (byte)'P', (byte)'R', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];
}

internal enum RecordKind : byte
{
    /// <summary>The first record: clock and machine.</summary>
    Header = 1,
    Open = 2,
    Data = 3,
    End = 4,
    Close = 5,
    ProcessExit = 6,

    /// <summary>All events up to a time have been submitted; the times of the following records are relative to it.</summary>
    Time = 7,

    /// <summary>The offset from a time to wall time.</summary>
    Clock = 8,

    /// <summary>A connection no longer exists in the kernel.</summary>
    Gone = 9,
    Sweep = 10,

    /// <summary>Events that were dropped on their way to the file.</summary>
    Lost = 11,

    /// <summary>The counters of the kernel side.</summary>
    Counters = 12,

    /// <summary>A socket that is not captured, and its process.</summary>
    Owner = 14,

    /// <summary>Addresses of a network namespace.</summary>
    Host = 15,

    /// <summary>The addresses of a connection after translation.</summary>
    Translated = 16,

    /// <summary>The last record: the recording is complete.</summary>
    Finish = 13,

    /// <summary>When the bytes of the following Data record were ready to be read.</summary>
    Arrival = 20,

    /// <summary>The counters of a TCP connection.</summary>
    Tally = 21,

    /// <summary>The kernel dropped a packet of a connection.</summary>
    Drop = 22,

    /// <summary>A TLS session is bound to a connection; Data records with the session's own number contain its plaintext.</summary>
    Stream = 23,

    /// <summary>No more plaintext of a TLS session follows.</summary>
    StreamEnd = 24,
}

[Flags]
internal enum OpenBits : byte
{
    None = 0,
    FromStart = 1,
    QuietIngress = 2,
    QuietEgress = 4,
}

[Flags]
internal enum DataBits : byte
{
    None = 0,
    Egress = 1,
    Continued = 2,

    /// <summary>The position of the opposite stream follows the numbers.</summary>
    Opposite = 4,
}
