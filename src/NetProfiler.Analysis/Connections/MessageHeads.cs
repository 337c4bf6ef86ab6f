using System.Buffers;
using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>
/// Reads the head at the start of a message, and reports it to the sink. Part of <see cref="MessageReader"/>, which keeps the state.
/// </summary>
internal struct MessageHeads(IMessageSink sink, CaptureStatistics statistics)
{
    private const int NeedsMore = -1;

    private EmptyLines _emptyLines;

    /// <summary>
    /// Number of bytes that were read; 0 if none of the remaining bytes is of interest; negative if more bytes are needed.
    /// </summary>
    public int Read(MessageReader reader, ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] is (byte)'\r' or (byte)'\n' && TryReadEmptyLine(reader, bytes, out int emptyLine)) return emptyLine;
        ulong position = reader.Next;
        switch (sink.Expect(reader, bytes))
        {
            case ExpectedMessage.Request:
                return ReadRequest(reader, bytes, position);
            case ExpectedMessage.Response:
                return ReadResponse(reader, bytes, position);
            case ExpectedMessage.ProxyHeader:
                var status = ProxyHeader.TryRead(bytes, out var client, out int consumed);
                if (status != OperationStatus.Done) return Refuse(reader, bytes, status, InvalidReason.StartLine, position);
                sink.OnProxyHeader(reader, client);
                statistics.ParsedBytes += consumed;
                return consumed;
            case ExpectedMessage.Unknown:
                return NeedsMore;
            default:
                statistics.DiscardedBytes += bytes.Length;
                return 0;
        }
    }

    public void Reset() => _emptyLines = default;

    private int ReadRequest(MessageReader reader, ReadOnlySpan<byte> bytes, ulong position)
    {
        var status = HeadReader.TryReadRequest(bytes, out var head, out var reason);
        if (status != OperationStatus.Done) return Refuse(reader, bytes, status, reason, position);
        head.Framing.Anomalies |= _emptyLines.Take();
        reader.Next = position + (ulong)head.Length;
        sink.OnRequest(reader, head, bytes[..head.Length], position);
        statistics.ParsedBytes += head.Length;
        return head.Length;
    }

    private int ReadResponse(MessageReader reader, ReadOnlySpan<byte> bytes, ulong position)
    {
        var status = HeadReader.TryReadResponse(bytes, out var head, out var reason);
        if (status != OperationStatus.Done) return Refuse(reader, bytes, status, reason, position);
        head.Framing.Anomalies |= _emptyLines.Take();
        reader.Next = position + (ulong)head.Length;
        sink.OnResponse(reader, head, bytes[..head.Length], position);
        statistics.ParsedBytes += head.Length;
        return head.Length;
    }

    /// <summary>Handles a head that is incomplete or faulty.</summary>
    private readonly int Refuse(MessageReader reader, ReadOnlySpan<byte> bytes, OperationStatus status, InvalidReason reason,
        ulong position)
    {
        int end = !sink.IsByteExact ? bytes.Length : status == OperationStatus.InvalidData ? HeldBytes.EndOfHead(bytes) : -1;
        if (status == OperationStatus.NeedMoreData || end < 0) return NeedsMore;
        statistics.DiscardedBytes += bytes.Length;
        sink.OnInvalid(reader, reason, bytes, position + (ulong)end);
        return 0;
    }

    private bool TryReadEmptyLine(MessageReader reader, ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (reader.Next == 0 && ProxyHeader.LooksLike(bytes) != OperationStatus.InvalidData) return false;
        length = _emptyLines.Read(bytes);
        if (length > 0) statistics.DiscardedBytes += length;
        return length != 0;
    }
}
