namespace NetProfiler.Analysis.Connections;

/// <summary>How a <see cref="MessageReader"/> interprets the next byte.</summary>
internal enum ReaderState : byte
{
    /// <summary>The next byte begins a message, or continues a partly held head.</summary>
    Head,

    /// <summary>The next byte is part of a body.</summary>
    Body,

    /// <summary>The message boundaries are unknown: bytes are discarded until the sink finds the start of a message.</summary>
    Seeking,

    /// <summary>All further bytes are ignored.</summary>
    Stopped,
}
