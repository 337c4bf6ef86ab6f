namespace NetProfiler.Analysis.Events;

/// <summary>Why bytes of a call were not copied.</summary>
[Flags]
public enum Uncaptured : byte
{
    None = 0,

    /// <summary>The bytes never pass through user memory (sendfile, splice).</summary>
    LengthOnly = 1,

    /// <summary>A skip was requested: <see cref="IKernelConnections.SkipUntil"/>.</summary>
    Skipped = 2,

    /// <summary>The call exceeded the limit of bytes per call.</summary>
    Limited = 4,

    /// <summary>User memory could not be read.</summary>
    Fault = 8,

    /// <summary>The call had more segments than are copied.</summary>
    Segments = 16,

    /// <summary>The ring buffer was nearly full.</summary>
    Pressed = 32,
}
