using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Analysis.Connections;

/// <summary>Passes the content of messages, and the calls that moved it, to the buffers held for samples.</summary>
internal sealed class ContentCapture(Connection connection)
{
    // Null while content is not held.
    private CallLog? _ingressCalls;
    private CallLog? _egressCalls;

    public void LogCall(ByteStream stream, SocketCall call, uint length)
    {
        var reader = stream.Reader;
        if (reader.State == ReaderState.Stopped) return;
        var calls = (stream.Direction == Direction.Ingress ? ref _ingressCalls : ref _egressCalls) ??= new CallLog();
        ulong unread = stream.Position - (ulong)reader.Held.Length;
        calls.Add(new LoggedCall(stream.Position, stream.Position + length, call, reader.Arrival.CallNanoseconds,
            reader.Arrival.ReturnNanoseconds), unread);
    }

    /// <summary>Begins to hold a request; its head is held with the exchange.</summary>
    public void HoldRequest(ByteStream stream, ref PendingExchange pending, ulong position, int headBytes, MessageHolding holding)
    {
        if (holding.Policy is null) return;
        pending.Held = holding.TryBegin();
        CallsOf(stream)?.Give(position, position + (ulong)headBytes, pending.Held?.Request);
    }

    public void HoldResponse(ByteStream stream, ref PendingExchange pending, ulong position, ReadOnlySpan<byte> head)
    {
        if (CallsOf(stream) is not { } calls) return;
        pending.Held?.Response.HoldHead(head);
        calls.Give(position, position + (ulong)head.Length, pending.Held?.Response);
    }

    public void HoldBody(ByteStream stream, ReadOnlySpan<byte> bytes, ulong position)
    {
        if (CallsOf(stream) is not { } calls) return;
        var held = HeldOf(stream);
        held?.HoldBody(bytes);
        calls.Give(position, position + (ulong)bytes.Length, held);
    }

    /// <summary>Records that bytes of the body were not captured.</summary>
    public void CutBody(ByteStream stream, long count, ulong position)
    {
        if (CallsOf(stream) is not { } calls) return;
        var held = HeldOf(stream);
        held?.CutBody();
        calls.Give(position, position + (ulong)count, held);
    }

    /// <summary>Whether more of the stream's current body would be held.</summary>
    public bool WantsMore(ByteStream stream) => CallsOf(stream) is not null && HeldOf(stream) is { IsFull: false };

    public void Reset()
    {
        _ingressCalls?.Reset();
        _egressCalls?.Reset();
    }

    /// <summary>The content held of the stream's current message. Null if nothing is held.</summary>
    private HeldMessage? HeldOf(ByteStream stream)
    {
        var queue = connection.Assembler.Queue;
        if (queue.Count == 0) return null;
        if (stream == connection.Requests) return queue.IsReadingNewest ? queue.Newest.Held?.Request : null;
        return queue.Oldest.Held?.Response;
    }

    private CallLog? CallsOf(ByteStream stream) => stream.Direction == Direction.Ingress ? _ingressCalls : _egressCalls;
}
