using System.Buffers;

namespace NetProfiler.Http1;

/// <summary>Parses the head of a message: its start line and field section (RFC 9112, sections 2 to 5).</summary>
/// <remarks>
/// A fault is reported as soon as the bytes show it, not when the head is complete. Faulty framing alone leaves a head readable: it is
/// recorded in <see cref="FramingFields.Anomalies"/>, and <see cref="BodyLength"/> determines the consequence.
/// </remarks>
public static class HeadReader
{
    public const int MaxHeadBytes = 65536;
    public const int MaxLeadingEmptyLines = 4;

    /// <summary>
    /// Done if one whole head was parsed. NeedMoreData if nothing was consumed. InvalidData if the bytes do not begin an HTTP/1.x request.
    /// </summary>
    public static OperationStatus TryReadRequest(ReadOnlySpan<byte> data, out RequestHead head, out InvalidReason reason)
    {
        head = default;
        var cursor = new HeadCursor(data);
        var fields = new FieldSection();
        if (!cursor.TryReadLeadingEmptyLines() ||
            !RequestLine.TryRead(ref cursor, ref head) ||
            !fields.TryRead(ref cursor, isResponse: false))
        {
            head = default;
            return cursor.Failure(out reason);
        }

        fields.Framing.Complete(head.MinorVersion, cursor.Anomalies);
        head.Host = RequestTarget.AuthorityOf(data, head) ?? fields.Host;
        if (head.MinorVersion == 1 && !fields.HasHost) fields.Framing.Anomalies |= HeadAnomalies.MissingHost;
        head.FieldLines = fields.Lines;
        head.Framing = fields.Framing;
        head.Length = cursor.Position;
        reason = InvalidReason.None;
        return OperationStatus.Done;
    }

    /// <summary>
    /// Done if one whole head was parsed. NeedMoreData if nothing was consumed. InvalidData if the bytes do not begin an HTTP/1.x response.
    /// </summary>
    public static OperationStatus TryReadResponse(ReadOnlySpan<byte> data, out ResponseHead head, out InvalidReason reason)
    {
        head = default;
        var cursor = new HeadCursor(data);
        var fields = new FieldSection();
        if (!cursor.TryReadLeadingEmptyLines() ||
            !StatusLine.TryRead(ref cursor, ref head) ||
            !fields.TryRead(ref cursor, isResponse: true))
        {
            head = default;
            return cursor.Failure(out reason);
        }

        fields.Framing.Complete(head.MinorVersion, cursor.Anomalies);
        head.FieldLines = fields.Lines;
        head.Framing = fields.Framing;
        head.Length = cursor.Position;
        reason = InvalidReason.None;
        return OperationStatus.Done;
    }

    /// <summary>
    /// Parses only the start line of a request, for a head that is incomplete or faulty after it. The length is that of the line. If even
    /// the line is incomplete, the target is the part that is present.
    /// </summary>
    public static bool TryReadRequestLine(ReadOnlySpan<byte> data, out RequestHead head)
    {
        head = default;
        var cursor = new HeadCursor(data);
        bool isRead = cursor.TryReadLeadingEmptyLines() && RequestLine.TryRead(ref cursor, ref head);
        if (!isRead && cursor.Failure(out var reason) != OperationStatus.Done && reason is InvalidReason.None or InvalidReason.HeadTooLarge)
        {
            bool isTargetCut = head.MethodName.Length > 0 && head.Target.IsEmpty && !cursor.Rest.IsEmpty;
            if (isTargetCut) head.Target = new Slice(cursor.Position, cursor.Rest.Length);
            cursor.Position = cursor.Data.Length;
            isRead = !head.Target.IsEmpty;
        }

        head.Framing = new FramingFields();
        head.FieldLines = new Slice(cursor.Position, 0);
        head.Length = cursor.Position;
        return isRead;
    }

    /// <summary>
    /// Parses only the start line of a response, for a head that is incomplete or faulty after it. The length is that of the line.
    /// </summary>
    public static bool TryReadStatusLine(ReadOnlySpan<byte> data, out ResponseHead head)
    {
        head = default;
        var cursor = new HeadCursor(data);
        bool isRead = cursor.TryReadLeadingEmptyLines() && StatusLine.TryRead(ref cursor, ref head);
        head.Framing = new FramingFields();
        head.FieldLines = new Slice(cursor.Position, 0);
        head.Length = cursor.Position;
        return isRead;
    }

    /// <summary>
    /// Whether a request may begin here. Done if the bytes look like one, NeedMoreData if they are too few, otherwise InvalidData.
    /// </summary>
    /// <remarks>A known method followed by a slash is sufficient; otherwise a whole request line is required.</remarks>
    public static OperationStatus LooksLikeRequest(ReadOnlySpan<byte> data)
    {
        RequestHead head = default;
        var cursor = new HeadCursor(data);
        if (!cursor.TryReadLeadingEmptyLines()) return cursor.Failure(out _);
        if (RequestLine.TryRead(ref cursor, ref head)) return OperationStatus.Done;

        var failure = cursor.Failure(out _);
        if (failure == OperationStatus.InvalidData || head.Method == RequestMethod.Other) return failure;

        var afterMethod = cursor.Data[(head.MethodName.Start + head.MethodName.Length)..];
        return afterMethod.StartsWith(" /"u8) ? OperationStatus.Done : failure;
    }

    /// <summary>
    /// Whether a response may begin here. Done if the bytes look like one, NeedMoreData if they are too few, otherwise InvalidData.
    /// </summary>
    public static OperationStatus LooksLikeResponse(ReadOnlySpan<byte> data)
    {
        ResponseHead head = default;
        var cursor = new HeadCursor(data);
        if (!cursor.TryReadLeadingEmptyLines()) return cursor.Failure(out _);

        int start = cursor.Position;
        if (StatusLine.TryRead(ref cursor, ref head)) return OperationStatus.Done;

        var failure = cursor.Failure(out _);
        bool looksAlike = failure == OperationStatus.NeedMoreData && cursor.Data[start..].StartsWith("HTTP/1."u8);
        return looksAlike ? OperationStatus.Done : failure;
    }
}
