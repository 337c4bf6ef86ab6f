namespace NetProfiler.Http1;

/// <summary>How a message's body is delimited (RFC 9112, section 6.3).</summary>
/// <param name="Kind">How the end of the body is determined.</param>
/// <param name="Bytes">The length of a <see cref="BodyKind.Fixed"/> body; otherwise 0.</param>
public readonly record struct BodyLength(BodyKind Kind, long Bytes)
{
    /// <summary>The faulty field if the kind is <see cref="BodyKind.Invalid"/>.</summary>
    public InvalidReason Invalid { get; private init; }

    // RFC 9112, section 6.3: rules 1, 2 and 8 apply to responses.
    public static BodyLength OfRequest(in RequestHead head)
    {
        ref readonly var framing = ref head.Framing;
        if (framing.HasTransferEncoding && !framing.IsLengthBesideIdentity)                         // 3, 4
        {
            if (IsFaulty(framing) || framing.TransferCoding != TransferCoding.Chunked) return Faulty(InvalidReason.TransferEncoding);
            return new(BodyKind.Chunked, 0);
        }

        if (framing.Has(FaultyContentLength)) return Faulty(InvalidReason.ContentLength);           // 5
        if (framing.ContentLength >= 0) return new(BodyKind.Fixed, framing.ContentLength);          // 6
        return new(BodyKind.None, 0);                                                               // 7
    }

    public static BodyLength OfResponse(in ResponseHead head, RequestMethod requestMethod)
    {
        ref readonly var framing = ref head.Framing;

        // These two end HTTP on the connection, regardless of rule 1 for a 101 or a 204 (RFC 9110, sections 15.2.2 and 9.3.6).
        if (head.Status == 101) return new(BodyKind.Tunnel, 0);
        if (requestMethod == RequestMethod.Connect && head.Status is >= 200 and < 300) return new(BodyKind.Tunnel, 0);       // 2

        if (requestMethod == RequestMethod.Head || head.Status is 204 or 304 or < 200) return new(BodyKind.None, 0);         // 1
        if (framing.HasTransferEncoding && !framing.IsLengthBesideIdentity)                         // 3, 4
        {
            if (IsFaulty(framing)) return Faulty(InvalidReason.TransferEncoding);
            return new(framing.TransferCoding == TransferCoding.Chunked ? BodyKind.Chunked : BodyKind.UntilClose, 0);
        }

        if (framing.Has(FaultyContentLength)) return Faulty(InvalidReason.ContentLength);           // 5
        if (framing.ContentLength >= 0) return new(BodyKind.Fixed, framing.ContentLength);          // 6
        return new(BodyKind.UntilClose, 0);                                                         // 8
    }

    private const HeadAnomalies FaultyContentLength = HeadAnomalies.InvalidContentLength | HeadAnomalies.ConflictingContentLength;

    // By rule 3, Transfer-Encoding overrides Content-Length. "identity" is not a coding (section 7), so it does not override. Section 6.1:
    // Transfer-Encoding in an HTTP/1.0 message is faulty framing even beside a Content-Length. Recipients handle it differently, so there
    // is no end on which all of them agree.
    private static bool IsFaulty(in FramingFields framing) =>
        framing.Has(HeadAnomalies.InvalidTransferEncoding | HeadAnomalies.TransferEncodingBeforeHttp11);

    private static BodyLength Faulty(InvalidReason reason) => new(BodyKind.Invalid, 0) { Invalid = reason };
}
