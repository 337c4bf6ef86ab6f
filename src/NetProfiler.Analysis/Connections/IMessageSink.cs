using NetProfiler.Analysis.Events;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>The kind of message that a <see cref="MessageReader"/> expects next.</summary>
internal enum ExpectedMessage : byte
{
    Request,
    Response,

    /// <summary>The PROXY protocol header, before the first message.</summary>
    ProxyHeader,

    /// <summary>Not decided yet: the bytes are held.</summary>
    Unknown,

    /// <summary>Nothing of interest: the bytes are discarded.</summary>
    Nothing,
}

/// <summary>
/// Receives the messages of one or both directions as they are read, and decides what one direction alone cannot. A callback may change the
/// reader's state (<see cref="MessageReader.BeginBody"/>, <see cref="MessageReader.Seek"/>, <see cref="MessageReader.Stop"/>).
/// </summary>
internal interface IMessageSink
{
    /// <summary>
    /// If true, <see cref="OnContent"/> is called, and a fault in a head is reported when the head's end is present, so that the fault's
    /// position does not depend on how the bytes were split. If false, faults are reported as soon as they show.
    /// </summary>
    bool IsByteExact { get; }

    /// <summary>Whether a message begins with these bytes, in a stream whose message boundaries are not known.</summary>
    bool MayBegin(MessageReader reader, ReadOnlySpan<byte> bytes, bool isCallStart);

    /// <summary>
    /// Which kind of message begins with these bytes. <see cref="ExpectedMessage.Unknown"/> until more bytes, or the other direction,
    /// decide it.
    /// </summary>
    ExpectedMessage Expect(MessageReader reader, ReadOnlySpan<byte> bytes);

    /// <summary>The client on whose behalf a proxy connects. Null if the proxy connects on its own behalf.</summary>
    void OnProxyHeader(MessageReader reader, EndpointAddress? client);

    /// <summary>A complete head. Unless the callback begins a body, the next head is expected after it.</summary>
    /// <param name="position">Position of the head's first byte in the stream.</param>
    void OnRequest(MessageReader reader, in RequestHead head, ReadOnlySpan<byte> bytes, ulong position);

    void OnResponse(MessageReader reader, in ResponseHead head, ReadOnlySpan<byte> bytes, ulong position);

    /// <summary>Bytes of the body, chunk framing included.</summary>
    void OnBody(MessageReader reader, ReadOnlySpan<byte> bytes, ulong position);

    /// <summary>A contiguous piece of the body's content. Called before <see cref="OnBody"/> for the bytes that contain it.</summary>
    void OnContent(MessageReader reader, ReadOnlySpan<byte> content, ulong position);

    /// <summary>A number of body bytes that were not captured.</summary>
    void OnBodyPassed(MessageReader reader, long count, ulong position);

    void OnMessageEnd(MessageReader reader);

    /// <summary>The bytes are not what is expected at this position; the bytes after the fault are discarded.</summary>
    /// <param name="bytes">The bytes from the head's first byte on; empty if the fault is in a body.</param>
    /// <param name="position">Position of the fault: after the head, or the first byte of the body that does not fit.</param>
    void OnInvalid(MessageReader reader, InvalidReason reason, ReadOnlySpan<byte> bytes, ulong position);

    /// <summary>More bytes arrived than can be held.</summary>
    void OnHeldTooMuch(MessageReader reader);
}
