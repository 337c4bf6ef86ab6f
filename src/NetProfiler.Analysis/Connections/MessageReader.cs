using System.Buffers;
using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>Reads the messages of one direction: head, body, trailers. Analysis and masking share this implementation of framing.</summary>
internal sealed class MessageReader(IMessageSink sink, HeldBuffers buffers, CaptureStatistics statistics)
{
    private readonly HeldBytes _held = new(buffers);
    private readonly bool _isByteExact = sink.IsByteExact;
    private MessageHeads _heads = new(sink, statistics);
    private BodyReader _body;

    /// <summary>Arrival of the bytes that are being read. A field, because it is large and is passed by reference.</summary>
    public Arrival Arrival;


    public ReaderState State { get; private set; }

    /// <summary>Position after the bytes that were read or held last, which is the end of the held bytes.</summary>
    public ulong ReadEnd { get; set; }

    /// <summary>Position of the next byte to be read.</summary>
    public ulong Next { get; set; }

    /// <summary>Arrival of the first held byte.</summary>
    public Arrival HeldSince { get; private set; }

    /// <summary>
    /// The message may have no body, because its request is unknown, and no byte of a body has been seen yet. If the next bytes look like a
    /// response, they are one.
    /// </summary>
    public bool IsBodyDoubtful { get; set; }

    /// <summary>Bytes of the current message so far.</summary>
    public long MessageBytes { get; private set; }

    /// <summary>Number of content bytes of the current or last body.</summary>
    public long ContentBytes => _body.ContentBytes;

    /// <summary>Number of bytes, from here on, that are certainly content of the current body.</summary>
    public long KnownRemaining => _body.KnownRemaining;

    public ReadOnlySpan<byte> Held => _held.Bytes;

    public bool HasHeld => _held.Length > 0;

    /// <summary>Memory taken by held bytes.</summary>
    public int HeldMemory => _held.Memory;

    public void Read(ReadOnlySpan<byte> bytes, bool isCallStart)
    {
        ReadEnd += (ulong)bytes.Length;
        if (!HasHeld || State != ReaderState.Head)
        {
            ReadOn(bytes, isCallStart);
            return;
        }

        if (!TryHold(bytes) || !_held.MayBeWhole || sink.Expect(this, Held) == ExpectedMessage.Unknown) return;
        if (HasHeld) ReadHeld(); // otherwise the bytes were found to be of no interest
    }

    /// <summary>Reads the held bytes when more is known about the stream.</summary>
    public void ReadHeld()
    {
        var arrival = Arrival;
        Arrival = HeldSince;
        var held = _held.Take(out int length);
        ReadOn(held.AsSpan(0, length), isCallStart: true);
        buffers.Return(held);
        Arrival = arrival;
    }

    /// <summary>Skips bytes that were not captured. Returns how many of them do not belong to a body.</summary>
    public long Pass(long count)
    {
        if (State == ReaderState.Body)
        {
            IsBodyDoubtful = false;
            long passed = _body.Skip(count);
            MessageBytes += passed;
            statistics.PassedBytes += passed;
            count -= passed;
            if (passed > 0) sink.OnBodyPassed(this, passed, ReadEnd);
            Next = ReadEnd += (ulong)passed;
            if (_body.IsDone) EndMessage();
        }

        Next = ReadEnd += (ulong)count;
        return count;
    }

    /// <summary>Begins the body after a head. If there is no body, its end, or the fault in its framing, is reported at once.</summary>
    public void BeginBody(int headBytes, BodyLength length)
    {
        MessageBytes = headBytes;
        _body = new BodyReader(length);
        State = ReaderState.Body;
        IsBodyDoubtful = false;
        if (length.Kind == BodyKind.Invalid) sink.OnInvalid(this, length.Invalid, default, Next);
        else if (_body.IsDone) EndMessage();
    }

    /// <summary>Ends the body regardless of its length: the connection ends, or another protocol follows.</summary>
    public void EndMessage()
    {
        State = ReaderState.Head;
        sink.OnMessageEnd(this);
    }

    /// <summary>The next message boundary is unknown from here on. Discards the held bytes.</summary>
    public void Seek()
    {
        DropHeld();
        if (State != ReaderState.Stopped) State = ReaderState.Seeking;
    }

    public void Stop()
    {
        DropHeld();
        State = ReaderState.Stopped;
    }

    /// <summary>A message begins with the next byte.</summary>
    public void Begin() => State = ReaderState.Head;

    public void DropHeld()
    {
        statistics.DiscardedBytes += _held.Length;
        _held.Release();
    }

    public void Reset()
    {
        _held.Release();
        State = ReaderState.Head;
        ReadEnd = 0;
        _body = default;
        MessageBytes = 0;
        IsBodyDoubtful = false;
        Next = 0;
        _heads.Reset();
        Arrival = HeldSince = default;
    }

    private void ReadOn(ReadOnlySpan<byte> bytes, bool isCallStart)
    {
        while (!bytes.IsEmpty)
        {
            Next = ReadEnd - (ulong)bytes.Length;
            switch (State)
            {
                case ReaderState.Seeking when sink.MayBegin(this, bytes, isCallStart):
                    State = ReaderState.Head;
                    break;
                case ReaderState.Body when IsBodyDoubtful && HeadReader.LooksLikeResponse(bytes) != OperationStatus.InvalidData:
                    EndMessage();
                    break;
                case ReaderState.Body:
                    bytes = bytes[ReadBody(bytes)..];
                    break;
                case ReaderState.Head when ReadHead(bytes) is > 0 and var consumed:
                    bytes = bytes[consumed..];
                    break;
                case ReaderState.Head:
                    return;
                default:
                    statistics.DiscardedBytes += bytes.Length;
                    return;
            }

            isCallStart = false;
        }
    }

    private int ReadBody(ReadOnlySpan<byte> bytes)
    {
        IsBodyDoubtful = false;
        ulong position = Next;
        OperationStatus status;
        int consumed;
        if (_isByteExact)
        {
            var content = new ContentTap(this, sink, bytes, position);
            status = _body.Read(bytes, ref content, out consumed);
        }
        else
        {
            status = _body.Read(bytes, out consumed);
        }

        MessageBytes += consumed;
        statistics.ParsedBytes += consumed;
        Next = position + (ulong)consumed;
        sink.OnBody(this, bytes[..consumed], position);
        if (status == OperationStatus.Done) EndMessage();
        else if (status == OperationStatus.InvalidData) sink.OnInvalid(this, _body.Invalid, default, Next);
        return consumed;
    }

    /// <summary>Reads one head, or holds the bytes, or rejects them. Returns 0 if nothing is left to read.</summary>
    private int ReadHead(ReadOnlySpan<byte> bytes)
    {
        int consumed = _heads.Read(this, bytes);
        if (consumed >= 0) return consumed;
        TryHold(bytes);
        return 0;
    }

    private bool TryHold(ReadOnlySpan<byte> bytes)
    {
        if (!HasHeld) HeldSince = Arrival;
        if (_held.TryAdd(bytes)) return true;
        statistics.DiscardedBytes += bytes.Length;
        sink.OnHeldTooMuch(this);
        return false;
    }
}
