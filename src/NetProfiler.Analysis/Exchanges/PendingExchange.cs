using NetProfiler.Http1;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>A request without its whole answer yet. The buffer stays with the slot, for the next request.</summary>
internal struct PendingExchange
{
    private byte[]? _head;

    /// <summary>Its content; null: not held.</summary>
    public HeldExchange? Held;

    public RequestHead Request;
    public ResponseHead Response;
    public long StartNanoseconds;
    public long RequestBytes;
    public long RequestBodyBytes;
    public long ResponseBytes;
    public long ResponseBodyBytes;

    /// <summary>When its first byte was ready to be read; 0: not known.</summary>
    public long RequestArrivedNanoseconds;

    /// <summary>Return of the call that moved its last byte.</summary>
    public long RequestEndNanoseconds;

    /// <summary>When the final response's first byte was ready to be read; 0: not known.</summary>
    public long ResponseArrivedNanoseconds;

    /// <summary>Start of the call that moved the final response's first byte.</summary>
    public long ResponseCallNanoseconds;
    public long ResponseStartNanoseconds;
    public long ResponseEndNanoseconds;

    /// <summary>Segments retransmitted on the connection before it.</summary>
    public uint RetransmissionsBefore;

    /// <summary>The request's last byte was seen.</summary>
    public bool RequestDone;

    /// <summary>The final response's head was seen.</summary>
    public bool ResponseBegun;

    /// <summary>The final response's last byte was seen; the request's may not be (an early response).</summary>
    public bool ResponseDone;

    public readonly ReadOnlySpan<byte> HeadBytes => _head.AsSpan(0, Request.Length);

    public void Begin(in RequestHead request, ReadOnlySpan<byte> head, long startNanoseconds, long arrivedNanoseconds)
    {
        var buffer = _head;
        if (buffer is null || buffer.Length < head.Length)
            buffer = new byte[Math.Max(512, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)head.Length))];
        head.CopyTo(buffer);
        this = default;
        _head = buffer;
        Request = request;
        StartNanoseconds = startNanoseconds;
        RequestArrivedNanoseconds = arrivedNanoseconds;
        RequestBytes = head.Length;
    }

    /// <summary>Done with: lets go of the content, and of a buffer that only an unusual head needed.</summary>
    public void Release()
    {
        Held?.Release();
        Held = null;
        if (_head is { Length: > 4096 }) _head = null;
    }
}
