using NetProfiler.Analysis.Buffers;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>A request without its complete response.</summary>
internal struct PendingExchange
{
    private byte[]? _head;

    /// <summary>The held content. Null if none is held.</summary>
    public HeldExchange? Held;

    public RequestHead Request;
    public ResponseHead Response;
    public long StartNanoseconds;
    public long RequestBytes;
    public long RequestBodyBytes;
    public long ResponseBytes;
    public long ResponseBodyBytes;

    /// <summary>When its first byte was ready to be read; 0 if unknown.</summary>
    public long RequestArrivedNanoseconds;

    /// <summary>When the call that moved its last byte returned.</summary>
    public long RequestEndNanoseconds;

    /// <summary>When the final response's first byte was ready to be read; 0 if unknown.</summary>
    public long ResponseArrivedNanoseconds;

    /// <summary>Start of the call that moved the final response's first byte.</summary>
    public long ResponseCallNanoseconds;
    public long ResponseStartNanoseconds;
    public long ResponseEndNanoseconds;

    /// <summary>Number of segments retransmitted on the connection before this exchange.</summary>
    public uint RetransmissionsBefore;

    /// <summary>Positions of the request's first byte, and of the byte after its last one.</summary>
    public ulong Position;
    public ulong End;

    /// <summary>Position of the final response's first byte.</summary>
    public ulong ResponsePosition;

    /// <summary>Earliest position of its response in the opposite stream; 0 if unknown.</summary>
    public ulong Bound;

    /// <summary>Bytes of the request were missed: its response does not make an exchange.</summary>
    public bool IsCut;

    /// <summary>The fault that makes the end, and so the sizes, of a message unknown.</summary>
    public InvalidReason RequestFault;
    public InvalidReason ResponseFault;

    /// <summary>None if the exchange is complete, or still in progress.</summary>
    public EndedBy EndedBy;

    /// <summary>Certainty that the response answers the request.</summary>
    public PairingClass Pairing;

    /// <summary>Whether the request's last byte was seen.</summary>
    public bool RequestDone;

    /// <summary>Whether the final response's head was seen.</summary>
    public bool ResponseBegun;

    /// <summary>Whether another protocol follows the response.</summary>
    public bool IsTunnel;

    /// <summary>Whether the final response's last byte was seen. The request's may still be missing (an early response).</summary>
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

    /// <summary>Counts the request as in flight until it ends or is released.</summary>
    /// <param name="inFlight">Null if the request is not counted.</param>
    public void CountInFlight(InFlight? inFlight)
    {
        _inFlight = inFlight;
        inFlight?.Begin();
    }

    /// <summary>Both messages have ended, or the request is dropped.</summary>
    public void EndInFlight()
    {
        _inFlight?.End();
        _inFlight = null;
    }

    /// <summary>Begins the final response.</summary>
    public void BeginResponse(in ResponseHead head, in Arrival arrival, ulong position)
    {
        Response = head;
        ResponseBegun = true;
        ResponsePosition = position;
        ResponseArrivedNanoseconds = arrival.ReadyAt(position);
        ResponseCallNanoseconds = arrival.CallNanoseconds;
        ResponseStartNanoseconds = arrival.ReturnNanoseconds;
    }

    /// <summary>Whether a response at this position can answer the request, according to the positions of both streams.</summary>
    public readonly bool MayBeAnsweredAt(ulong position, in OppositePosition opposite) =>
        !opposite.IsKnown || (Bound <= position && Position < opposite.Taken);

    /// <summary>Whether the request was complete, and no bytes followed it, when its response was sent or arrived.</summary>
    public readonly bool IsAlone(in OppositePosition opposite, bool isInformational, bool isClient)
    {
        if (!opposite.IsKnown) return isInformational || RequestDone;
        if (isInformational) return !RequestDone || opposite.There <= End;
        return RequestDone && opposite.There == End && (isClient || opposite.Taken == End);
    }

    public readonly int Memory => _head?.Length ?? 0;

    /// <summary>Releases the head and the content.</summary>
    public void Release(HeldBuffers buffers)
    {
        EndInFlight();
        Held?.Release();
        if (_head is not null) buffers.Return(_head);
        Held = null;
        _head = null;
    }
}
