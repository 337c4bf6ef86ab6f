namespace NetProfiler.Analysis.Connections;

/// <summary>What a <see cref="MessageReader"/> takes the next byte for.</summary>
internal enum ReaderState : byte
{
    /// <summary>The next byte begins a message, or belongs to a head of which a part is held.</summary>
    Head,

    /// <summary>Within a body.</summary>
    Body,

    /// <summary>Where messages begin is not known: bytes are discarded until the sink says that one begins.</summary>
    Seeking,

    /// <summary>Nothing that comes is of interest.</summary>
    Stopped,
}
