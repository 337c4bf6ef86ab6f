namespace NetProfiler.Capture.Recordings;

/// <summary>What a recording is made of; docs/recording-format.md says it in full.</summary>
internal static class RecordingFormat
{
    public const int Version = 2;

    /// <summary>The first version: it knows nothing of the opposite stream's position, and so nothing after a loss is proven.</summary>
    public const int FirstVersion = 1;

    /// <summary>Beyond any record that is written: one call's part of at most 64 KiB, an address, a name.</summary>
    public const int MaxRecordBytes = 80 * 1024;

    /// <summary>A byte that is no text, a name, and line ends that a transfer as text would change.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'N', (byte)'P', (byte)'R', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];
}

internal enum RecordKind : byte
{
    /// <summary>First of all: clock and machine.</summary>
    Header = 1,
    Open = 2,
    Data = 3,
    End = 4,
    Close = 5,
    ProcessExit = 6,

    /// <summary>Everything up to a time was handed over; the times of what follows count from there.</summary>
    Time = 7,

    /// <summary>What to add to a time for wall time.</summary>
    Clock = 8,

    /// <summary>The kernel does not know a connection any more.</summary>
    Gone = 9,
    Sweep = 10,

    /// <summary>Events that found no room on their way to the file.</summary>
    Lost = 11,

    /// <summary>What the kernel side counted.</summary>
    Counters = 12,

    /// <summary>A socket that is not captured, and its process.</summary>
    Owner = 14,

    /// <summary>Addresses of a network namespace.</summary>
    Host = 15,

    /// <summary>The addresses of a connection behind a translation.</summary>
    Translated = 16,

    /// <summary>Last of all: the recording is whole.</summary>
    Finish = 13,

    /// <summary>When the bytes of the Data record that follows were ready to be read.</summary>
    Arrival = 20,

    /// <summary>What a TCP connection did so far.</summary>
    Tally = 21,

    /// <summary>The kernel dropped a packet of a connection.</summary>
    Drop = 22,

    /// <summary>A TLS session is bound to a connection; Data records of its own number hold its plaintext.</summary>
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

    /// <summary>Where the opposite stream stood follows the numbers.</summary>
    Opposite = 4,
}
