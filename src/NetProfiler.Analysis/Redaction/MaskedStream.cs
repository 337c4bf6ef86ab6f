using System.Buffers;
using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Redaction;

/// <summary>The masking state of one direction of a recorded connection: heads and content keep the bytes that frame them.</summary>
/// <remarks>
/// The same <see cref="MessageReader"/> that analysis uses determines the message boundaries, so masking does not change the framing.
/// Without a known boundary, everything is masked until a head begins at the start of a call: analysis does not use earlier bytes. The
/// reader reads an event's bytes unmasked; they are masked afterwards, in the order in which the reader classified them.
/// </remarks>
internal sealed class MaskedStream : IMessageSink
{
    private readonly MaskedConnection _connection;
    private readonly ByteStream _stream;
    private readonly ByteMask _mask;
    private bool _isPositionKnown;

    public MaskedStream(MaskedConnection connection, Direction direction, Redactor redactor, HeldBuffers buffers,
        CaptureStatistics notCounted)
    {
        _connection = connection;
        _stream = new ByteStream(direction, new MessageReader(this, buffers, notCounted));
        _mask = new ByteMask(redactor);
    }

    public bool IsByteExact => true;

    /// <summary>The message may have no body, and no byte of a body has been seen yet.</summary>
    public bool IsBodyDoubtful => Reader.State == ReaderState.Body && Reader.IsBodyDoubtful;

    private MessageReader Reader => _stream.Reader;

    public void Begin(bool isFromStart)
    {
        _isPositionKnown = isFromStart;
        if (!isFromStart) Reader.Seek();
    }

    public void Mask(in SocketData data, Span<byte> bytes)
    {
        if (data.Length == 0) return;
        if (!_isPositionKnown) _stream.Position = data.Position;
        _isPositionKnown = true;
        bool isNew = _stream.TryPlace(data, out var piece);
        ByteMask.MaskAll(bytes[..^piece.Bytes.Length]); // reported before; the analysis ignores them
        if (!isNew) return;
        Reader.ReadEnd = _stream.Position;
        if (piece.Unseen > 0) Pass(piece.Unseen);
        _stream.Position += (ulong)piece.Unseen;
        Reader.ReadEnd = _stream.Position;
        if (piece.Offset > 0) Pass(piece.Offset);
        if (!piece.Bytes.IsEmpty) MaskNew(piece, bytes[^piece.Bytes.Length..]);
        if (piece.Behind > 0) Pass(piece.Behind);
        _stream.Position += piece.Length;
    }

    /// <summary>The method of the answered request became known late, and no body follows.</summary>
    public void EndBody() => Reader.EndMessage();

    public void BecomeOpaque() => Reader.Stop();

    public void Release() => _stream.Reset();

    // A line end alone may be the end of anything.
    public bool MayBegin(MessageReader reader, ReadOnlySpan<byte> bytes, bool isCallStart) => isCallStart &&
        (HeadReader.LooksLikeRequest(bytes) == OperationStatus.Done
            || (bytes[0] == 'H' && HeadReader.LooksLikeResponse(bytes) != OperationStatus.InvalidData));

    public ExpectedMessage Expect(MessageReader reader, ReadOnlySpan<byte> bytes)
    {
        if (reader.Next == 0 && ProxyHeader.LooksLike(bytes) == OperationStatus.Done) return ExpectedMessage.ProxyHeader;
        var start = bytes.TrimStart("\r\n"u8);
        return start.StartsWith("HTTP/"u8) || "HTTP/"u8.StartsWith(start) ? ExpectedMessage.Response : ExpectedMessage.Request;
    }

    public void OnProxyHeader(MessageReader reader, EndpointAddress? client) => _mask.Plain(reader.Next);

    public void OnRequest(MessageReader reader, in RequestHead head, ReadOnlySpan<byte> bytes, ulong position)
    {
        _mask.EndHead(position + (ulong)head.Length);
        BeginBody(head.Length, BodyLength.OfRequest(head));
        _connection.OnRequest(head.Method);
    }

    public void OnResponse(MessageReader reader, in ResponseHead head, ReadOnlySpan<byte> bytes, ulong position)
    {
        _mask.EndHead(position + (ulong)head.Length);
        if (head.IsInformational && head.Status != 101) return;
        var method = _connection.TakeAnswered(this);
        BeginBody(head.Length, BodyLength.OfResponse(head, method ?? RequestMethod.Other));
        reader.IsBodyDoubtful = method is null && reader.State == ReaderState.Body;
    }

    public void OnBody(MessageReader reader, ReadOnlySpan<byte> bytes, ulong position) => _mask.Framing(position + (ulong)bytes.Length);

    public void OnContent(MessageReader reader, ReadOnlySpan<byte> content, ulong position)
    {
        _mask.Framing(position);
        _mask.Content(position + (ulong)content.Length);
    }

    public void OnBodyPassed(MessageReader reader, long count, ulong position)
    {
    }

    public void OnMessageEnd(MessageReader reader)
    {
    }

    public void OnInvalid(MessageReader reader, InvalidReason reason, ReadOnlySpan<byte> bytes, ulong position)
    {
        if (reader.State == ReaderState.Head) _mask.EndHead(position);
        LoseTrack();
    }

    public void OnHeldTooMuch(MessageReader reader) => LoseTrack();

    private void MaskNew(in StreamPiece piece, Span<byte> bytes)
    {
        _mask.Begin(Reader.ReadEnd);
        Reader.Read(piece.Bytes, piece.IsCallStart);
        bool isPartOfHead = Reader.State == ReaderState.Head && Reader.HasHeld;
        if (isPartOfHead && Reader.Next == 0 && IsPartOfProxyHeader(Reader.Held)) _mask.Plain(Reader.ReadEnd);
        if (!_mask.Apply(bytes, isPartOfHead)) LoseTrack();
    }

    // "P" alone may be the start of a method, and is kept in either case.
    private static bool IsPartOfProxyHeader(ReadOnlySpan<byte> held) =>
        ProxyHeader.LooksLike(held) is var status
            && (status == OperationStatus.Done || (status == OperationStatus.NeedMoreData && held[0] == '\r'));

    private void BeginBody(int headBytes, BodyLength length)
    {
        Reader.BeginBody(headBytes, length);
        if (length.Kind == BodyKind.Tunnel) _connection.BecomeOpaque();
        else if (Reader.State == ReaderState.Body) _mask.BeginContent(length.Kind == BodyKind.Chunked);
    }

    /// <summary>Skips bytes that were not captured.</summary>
    private void Pass(long count)
    {
        if (Reader.Pass(count) > 0 && Reader.State != ReaderState.Stopped) LoseTrack();
    }

    private void LoseTrack()
    {
        Reader.Seek();
        _mask.Forget();
        _connection.ForgetRequests();
    }
}
