using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetProfiler.Analysis.Connections;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Redaction;

/// <summary>One direction of a connection on its way to a file: finds heads and bodies, and leaves what frames them.</summary>
/// <remarks>
/// Where messages begin and end it finds as analysis does, and so both lose track at the same places. Without track everything
/// is masked until a head begins at the start of a call: analysis has no use for what is before that.
/// </remarks>
internal sealed class MaskedStream(MaskedConnection connection, SecretNames names)
{
    private const int MaxMethodBytes = 32;

    private enum State : byte
    {
        /// <summary>No track: nothing is let through.</summary>
        Seeking,

        /// <summary>At the first bytes of what should be a message.</summary>
        Start,
        Head,
        Body,

        /// <summary>No longer HTTP/1.x.</summary>
        Opaque,
    }

    private readonly SecretScanner _scanner = new(names);
    private SecretScanner? _framingScanner; // what is between the chunks, and trailers
    private State _state = State.Seeking;
    private byte[]? _head;
    private int _headLength;
    private int _lineLength;
    private bool _hasStartLine;
    private BodyReader _body;
    private bool _isBodyDoubtful;
    private uint _position;
    private bool _isPositionKnown;

    /// <summary>Nothing of the current body was seen yet, and perhaps there is none.</summary>
    public bool IsBodyDoubtful => _state == State.Body && _isBodyDoubtful;

    public void Begin(bool isFromStart)
    {
        _isPositionKnown = isFromStart;
        if (isFromStart) BeginMessage();
    }

    public void Mask(in SocketData data, Span<byte> bytes)
    {
        uint offset = data.Offset, length = data.Length;
        if (!_isPositionKnown) _position = data.Position;
        _isPositionKnown = true;
        long ahead = (int)(data.Position - _position);
        bool isCallStart = ahead >= 0 && offset == 0 && !data.IsContinued;
        if (ahead > 0)
        {
            Pass(ahead);
            _position += (uint)ahead;
        }
        else if (ahead < 0)
        {
            // Told again: analysis does not look at it.
            uint again = (uint)long.Min(-ahead, length);
            int known = (int)uint.Min(again > offset ? again - offset : 0, (uint)bytes.Length);
            SecretScanner.MaskAll(bytes[..known]);
            bytes = bytes[known..];
            length -= again;
            offset = again > offset ? 0 : offset - again;
            if (length == 0) return;
        }

        if (offset > 0) Pass(offset);
        Feed(bytes, isCallStart);
        if (length - offset - (uint)bytes.Length is > 0 and var behind) Pass(behind);
        _position += length;
    }

    /// <summary>The method of the request that is being answered became known late, and says that no body follows.</summary>
    public void EndBody()
    {
        if (_state == State.Body) BeginMessage();
    }

    public void BecomeOpaque()
    {
        Release();
        _state = State.Opaque;
    }

    public void Release()
    {
        if (_head is not null) ArrayPool<byte>.Shared.Return(_head);
        _head = null;
        _headLength = 0;
    }

    private void Feed(Span<byte> bytes, bool isCallStart)
    {
        while (!bytes.IsEmpty)
        {
            if (MayBegin(bytes, isCallStart)) BeginMessage();
            isCallStart = false;
            switch (_state)
            {
                case State.Start:
                    bytes = bytes[FeedStart(bytes)..];
                    break;
                case State.Head:
                    bytes = bytes[FeedHead(bytes)..];
                    break;
                case State.Body:
                    bytes = bytes[FeedBody(bytes)..];
                    break;
                default:
                    SecretScanner.MaskAll(bytes);
                    return;
            }
        }
    }

    /// <summary>
    /// Whether a message begins here, for want of better knowledge: without track, or where there may be no body, because what is
    /// answered, perhaps a HEAD, was not seen yet, or never will be.
    /// </summary>
    private bool MayBegin(ReadOnlySpan<byte> bytes, bool isCallStart) => _state switch
    {
        State.Seeking => isCallStart && LooksLikeHead(bytes),
        State.Body => _isBodyDoubtful && HeadReader.LooksLikeResponse(bytes) != OperationStatus.InvalidData,
        _ => false,
    };

    // A line end alone may be the rest of anything.
    private static bool LooksLikeHead(ReadOnlySpan<byte> bytes) =>
        HeadReader.LooksLikeRequest(bytes) == OperationStatus.Done || (bytes[0] == 'H' && HeadReader.LooksLikeResponse(bytes) != OperationStatus.InvalidData);

    private void BeginMessage()
    {
        Release();
        _state = State.Start;
        _isBodyDoubtful = false;
        _lineLength = 0;
        _hasStartLine = false;
        _scanner.BeginHead();
    }

    // Byte by byte, so that every cut gives the same; a few bytes are enough.
    private int FeedStart(Span<byte> bytes)
    {
        var one = bytes[..1];
        Hold(one);
        switch (Judge(_head.AsSpan(0, _headLength), out bool isTarget))
        {
            case OperationStatus.Done:
                _headLength--;
                _state = State.Head;
                return 0;
            case OperationStatus.NeedMoreData:
                _headLength--;
                return FeedHead(one);
            default:
                // The byte that shows it is left, so that analysis sees it too, but for what may be another protocol's argument.
                if (isTarget) SecretScanner.MaskAll(one);
                LoseTrack();
                return 1;
        }
    }

    /// <summary>Whether a head may begin so. Stricter than the parser with unknown methods: <c>PASS hunter2</c> is none.</summary>
    private static OperationStatus Judge(ReadOnlySpan<byte> bytes, out bool isTarget)
    {
        isTarget = false;
        bytes = bytes.TrimStart("\r\n"u8);
        if (bytes.Length >= 7 ? bytes.StartsWith("HTTP/1."u8) : "HTTP/1."u8.StartsWith(bytes)) return bytes.Length < 7 ? OperationStatus.NeedMoreData : OperationStatus.Done;
        int end = bytes.IndexOfAnyExcept(TokenBytes);
        if (end < 0) return bytes.Length <= MaxMethodBytes ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
        if (end is 0 or > MaxMethodBytes || bytes[end] != ' ') return OperationStatus.InvalidData;

        if (IsKnown(bytes[..end])) return OperationStatus.Done;
        isTarget = true;
        var target = bytes[(end + 1)..];
        if (target.IsEmpty) return OperationStatus.NeedMoreData;
        if (target[0] is (byte)'/' or (byte)'*' || target.StartsWith("http://"u8) || target.StartsWith("https://"u8)) return OperationStatus.Done;
        return "http://"u8.StartsWith(target) || "https://"u8.StartsWith(target) ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
    }

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static bool IsKnown(ReadOnlySpan<byte> method) =>
        method.SequenceEqual("GET"u8) || method.SequenceEqual("POST"u8) || method.SequenceEqual("HEAD"u8) || method.SequenceEqual("PUT"u8) ||
        method.SequenceEqual("DELETE"u8) || method.SequenceEqual("OPTIONS"u8) || method.SequenceEqual("PATCH"u8) || method.SequenceEqual("CONNECT"u8) ||
        method.SequenceEqual("TRACE"u8);

    /// <summary>Takes the rest of the head, or all there is of it.</summary>
    private int FeedHead(Span<byte> bytes)
    {
        int taken = 0;
        bool isWhole = false;
        while (taken < bytes.Length && !isWhole)
        {
            int lineEnd = bytes[taken..].IndexOf((byte)'\n');
            var line = lineEnd < 0 ? bytes[taken..] : bytes.Slice(taken, lineEnd);
            foreach (byte one in line)
            {
                if (one != '\r') _lineLength++;
                if (_lineLength > 1) break; // not empty is all we want to know
            }

            taken += line.Length + (lineEnd < 0 ? 0 : 1);
            if (lineEnd < 0) break;
            isWhole = _lineLength == 0 && _hasStartLine;
            _hasStartLine |= _lineLength > 0;
            _lineLength = 0;
        }

        var part = bytes[..taken];
        _scanner.Scan(part);
        if (!Hold(part)) LoseTrack();
        else if (isWhole) EndHead();
        return taken;
    }

    private bool Hold(ReadOnlySpan<byte> bytes)
    {
        if (_headLength + bytes.Length > HeadReader.MaxHeadBytes) return false;
        if (_head is null || _head.Length < _headLength + bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(int.Max(1024, _headLength + bytes.Length));
            _head.AsSpan(0, _headLength).CopyTo(larger);
            if (_head is not null) ArrayPool<byte>.Shared.Return(_head);
            _head = larger;
        }

        bytes.CopyTo(_head.AsSpan(_headLength));
        _headLength += bytes.Length;
        return true;
    }

    private void EndHead()
    {
        var head = _head.AsSpan(0, _headLength);
        if (head.TrimStart("\r\n"u8).StartsWith("HTTP/"u8))
        {
            if (HeadReader.TryReadResponse(head, out var response, out _) != OperationStatus.Done || response.Length != head.Length) LoseTrack();
            else if (response.IsInformational && response.Status != 101) BeginMessage();
            else BeginResponse(response);
        }
        else if (HeadReader.TryReadRequest(head, out var request, out _) != OperationStatus.Done || request.Length != head.Length)
        {
            LoseTrack();
        }
        else
        {
            BeginBody(BodyLength.OfRequest(request));
            connection.OnRequest(request.Method);
        }
    }

    private void BeginResponse(in ResponseHead head)
    {
        var method = connection.TakeAnswered(this);
        BeginBody(BodyLength.OfResponse(head, method ?? RequestMethod.Other));
        _isBodyDoubtful = method is null && _state == State.Body;
    }

    private void BeginBody(BodyLength length)
    {
        _body = new BodyReader(length);
        if (length.Kind == BodyKind.Tunnel)
        {
            connection.BecomeOpaque();
        }
        else if (length.Kind == BodyKind.Invalid)
        {
            LoseTrack();
        }
        else if (_body.IsDone)
        {
            BeginMessage();
        }
        else
        {
            Release();
            _state = State.Body;
            _scanner.BeginContent();
            if (length.Kind == BodyKind.Chunked) (_framingScanner ??= new SecretScanner(names)).BeginFields();
        }
    }

    private int FeedBody(Span<byte> bytes)
    {
        _isBodyDoubtful = false;
        var content = new Content(bytes, _scanner, _framingScanner);
        var status = _body.Read(bytes, ref content, out int consumed);
        content.Finish(consumed);
        if (status == OperationStatus.Done) BeginMessage();
        else if (status == OperationStatus.InvalidData) LoseTrack();
        return consumed;
    }

    /// <summary>Bytes that are not there.</summary>
    private void Pass(long count)
    {
        if (_state == State.Opaque) return;
        if (_state == State.Body)
        {
            _isBodyDoubtful = false;
            count -= _body.Skip(count);
            _scanner.LoseTrack();
            if (_body.IsDone) BeginMessage();
        }

        if (count > 0) LoseTrack();
    }

    private void LoseTrack()
    {
        Release();
        _state = State.Seeking;
        connection.ForgetRequests();
    }

    /// <summary>Masks the content of a body in place, and in what is between.</summary>
    private ref struct Content(Span<byte> bytes, SecretScanner scanner, SecretScanner? framing) : IContentConsumer
    {
        private readonly Span<byte> _bytes = bytes;
        private int _done;

        public void Accept(ReadOnlySpan<byte> content)
        {
            int start = (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference<byte>(_bytes), ref MemoryMarshal.GetReference(content));
            framing?.Scan(_bytes[_done..start]);
            scanner.Scan(_bytes.Slice(start, content.Length));
            _done = start + content.Length;
        }

        public void Finish(int consumed)
        {
            if (consumed > _done) framing?.Scan(_bytes[_done..consumed]);
        }
    }
}
