using NetProfiler.Analysis.Events;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>What a <see cref="MessageReader"/> is to read where the next message should begin.</summary>
internal enum ExpectedMessage : byte
{
    Request,
    Response,

    /// <summary>The PROXY protocol's header, before the first message.</summary>
    ProxyHeader,

    /// <summary>Not decided yet: the bytes are held until more is known.</summary>
    Unknown,

    /// <summary>Nothing that is of interest: the bytes are discarded.</summary>
    Nothing,
}

/// <summary>
/// Takes the messages of one or both directions as they are read, and says what cannot be known from one direction alone. A callback may
/// change the reader's state (<see cref="MessageReader.BeginBody"/>, <see cref="MessageReader.Seek"/>, <see cref="MessageReader.Stop"/>).
/// </summary>
internal interface IMessageSink
{
    /// <summary>
    /// True: <see cref="OnContent"/> is called, and a faulty head is told of when its end is there, so that where the fault is found does
    /// not depend on how the bytes were cut. False: faults are told of as soon as they show.
    /// </summary>
    bool IsByteExact { get; }

    /// <summary>Whether a message begins with these bytes, though where messages begin is not known.</summary>
    bool MayBegin(MessageReader reader, ReadOnlySpan<byte> bytes, bool isCallStart);

    /// <summary>
    /// What begins with these bytes. <see cref="ExpectedMessage.Unknown"/>: until more bytes, or the other direction, tell.
    /// </summary>
    ExpectedMessage Expect(MessageReader reader, ReadOnlySpan<byte> bytes);

    /// <summary>The client for which a proxy speaks; null: the proxy itself.</summary>
    void OnProxyHeader(MessageReader reader, EndpointAddress? client);

    /// <summary>A whole head. Unless a body is begun, the next head is expected behind it.</summary>
    /// <param name="position">Of the head's first byte in the stream.</param>
    void OnRequest(MessageReader reader, in RequestHead head, ReadOnlySpan<byte> bytes, ulong position);

    void OnResponse(MessageReader reader, in ResponseHead head, ReadOnlySpan<byte> bytes, ulong position);

    /// <summary>Bytes of the body, chunk framing included.</summary>
    void OnBody(MessageReader reader, ReadOnlySpan<byte> bytes, ulong position);

    /// <summary>A contiguous piece of the body's content, before <see cref="OnBody"/> is called with what it is in.</summary>
    void OnContent(MessageReader reader, ReadOnlySpan<byte> content, ulong position);

    /// <summary>Bytes of the body that were not captured.</summary>
    void OnBodyPassed(MessageReader reader, long count, ulong position);

    void OnMessageEnd(MessageReader reader);

    /// <summary>The bytes are not what should stand here; those behind the fault are discarded.</summary>
    /// <param name="bytes">From the head's first byte on; of a body none.</param>
    /// <param name="position">Where it was found: behind the head, or the first byte of the body that does not fit.</param>
    void OnInvalid(MessageReader reader, InvalidReason reason, ReadOnlySpan<byte> bytes, ulong position);

    /// <summary>More came than can be held.</summary>
    void OnHeldTooMuch(MessageReader reader);
}
