namespace NetProfiler.Http1;

/// <summary>A request line and its field section, as slices of the data it was read from.</summary>
public struct RequestHead
{
    public RequestMethod Method;
    public Slice MethodName;
    public Slice Target;

    /// <summary>The authority of a target in absolute form, else the value of the first Host field; empty if there is neither.</summary>
    public Slice Host;

    /// <summary>0 or 1: a later minor version reads as 1 (RFC 9110, section 2.5).</summary>
    public byte MinorVersion;

    /// <summary>The field lines with their line ends, without the empty line that ends the head.</summary>
    public Slice FieldLines;

    public FramingFields Framing;

    /// <summary>Bytes of the whole head, with leading empty lines and the empty line that ends it.</summary>
    public int Length;
}
