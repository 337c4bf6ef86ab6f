namespace NetProfiler.Http1;

/// <summary>A request line and its field section, as slices of the parsed data.</summary>
public struct RequestHead
{
    public RequestMethod Method;
    public Slice MethodName;
    public Slice Target;

    /// <summary>
    /// The authority of a target in absolute form, otherwise the value of the first Host field; empty if there is neither.
    /// </summary>
    public Slice Host;

    /// <summary>0 or 1: a later minor version reads as 1 (RFC 9110, section 2.5).</summary>
    public byte MinorVersion;

    /// <summary>The field lines with their line ends, without the empty line that ends the head.</summary>
    public Slice FieldLines;

    public FramingFields Framing;

    /// <summary>Number of bytes of the whole head, including leading empty lines and the empty line that ends it.</summary>
    public int Length;
}
