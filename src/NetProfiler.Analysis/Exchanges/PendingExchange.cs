using NetProfiler.Analysis.Buffers;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>A request without its whole answer yet.</summary>
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

    /// <summary>Of its first byte, and of the byte behind its last one, in its stream.</summary>
    public ulong Position;
    public ulong End;

    /// <summary>Of the final response's first byte, in its stream.</summary>
    public ulong ResponsePosition;

    /// <summary>Its answer does not begin before this position of the opposite stream; 0: not known.</summary>
    public ulong Bound;

    /// <summary>Bytes of it were missed: its answer is no exchange.</summary>
    public bool IsCut;

    /// <summary>What made the end of a message unknown; its sizes are unknown with it.</summary>
    public InvalidReason RequestFault;
    public InvalidReason ResponseFault;

    /// <summary>None: it is complete, or not over yet.</summary>
    public EndedBy EndedBy;

    /// <summary>How sure it is that the response answers the request.</summary>
    public PairingClass Pairing;

    /// <summary>The request's last byte was seen.</summary>
    public bool RequestDone;

    /// <summary>The final response's head was seen.</summary>
    public bool ResponseBegun;

    /// <summary>What follows the response is another protocol.</summary>
    public bool IsTunnel;

    /// <summary>The final response's last byte was seen; the request's may not be (an early response).</summary>
    public bool ResponseDone;

    private InFlight? _inFlight;

    public readonly ReadOnlySpan<byte> HeadBytes => _head.AsSpan(0, Request.Length);

    public void Begin(in RequestHead request, ReadOnlySpan<byte> head, HeldBuffers buffers)
    {
        this = default;
        _head = buffers.Rent(head.Length);
        head.CopyTo(_head);
        Request = request;
        RequestBytes = head.Length;
    }

    /// <summary>Counts it as in flight until it ends or is released.</summary>
    /// <param name="inFlight">Null: it is not counted.</param>
    public void CountInFlight(InFlight? inFlight)
    {
        _inFlight = inFlight;
        inFlight?.Begin();
    }

    /// <summary>Both messages have ended, or it is given up.</summary>
    public void EndInFlight()
    {
        _inFlight?.End();
        _inFlight = null;
    }

    /// <summary>A final response's head.</summary>
    public void BeginResponse(in ResponseHead head, in Arrival arrival, ulong position)
    {
        Response = head;
        ResponseBegun = true;
        ResponsePosition = position;
        ResponseArrivedNanoseconds = arrival.ReadyAt(position);
        ResponseCallNanoseconds = arrival.CallNanoseconds;
        ResponseStartNanoseconds = arrival.ReturnNanoseconds;
    }

    /// <summary>Whether the positions allow that a response which begins there answers it.</summary>
    public readonly bool MayBeAnsweredAt(ulong position, in OppositePosition opposite) =>
        !opposite.IsKnown || (Bound <= position && Position < opposite.Taken);

    /// <summary>Whether it was whole, and nothing behind it, when its answer was sent or came.</summary>
    public readonly bool IsAlone(in OppositePosition opposite, bool isInformational, bool isClient)
    {
        if (!opposite.IsKnown) return isInformational || RequestDone;
        if (isInformational) return !RequestDone || opposite.There <= End;
        return RequestDone && opposite.There == End && (isClient || opposite.Taken == End);
    }

    public readonly int Memory => _head?.Length ?? 0;

    /// <summary>Done with: lets go of its head and content.</summary>
    public void Release(HeldBuffers buffers)
    {
        EndInFlight();
        Held?.Release();
        if (_head is not null) buffers.Return(_head);
        Held = null;
        _head = null;
    }
}
