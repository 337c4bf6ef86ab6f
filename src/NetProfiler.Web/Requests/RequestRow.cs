using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Sampling;

namespace NetProfiler.Web.Requests;

/// <summary>Whether the other end's view of an exchange is known.</summary>
public enum JoinState : byte
{
    /// <summary>The other end was not captured, or its view has not arrived yet.</summary>
    Alone,

    Joined,

    /// <summary>Several views of one end match: none is joined.</summary>
    Ambiguous,

    /// <summary>The two ends cannot be compared: a Unix socket, a connection older than the capture, captured packets.</summary>
    NoKey,
}

/// <summary>One exchange as seen at one end, without content. Text is masked. A value type, because a table has many.</summary>
public struct RequestRow
{
    /// <summary>Nanoseconds since 1970.</summary>
    public long StartNanoseconds;
    public long DurationNanoseconds;
    public long TimeToFirstByteNanoseconds;
    public ExchangePhases Phases;
    public EndpointRole Role;

    /// <summary>0 if no response began.</summary>
    public int Status;

    /// <summary>Outcome of the request. For an incomplete exchange, durations and sizes are those up to the connection's end.</summary>
    public ExchangeOutcome Outcome;

    /// <summary>Which side ended the connection before the response was complete. None if it is complete.</summary>
    public EndedBy EndedBy;
    public int ProcessId;
    public string Process;

    /// <summary>The remote peer: a name or an address.</summary>
    public string Peer;
    public string Method;
    public string Target;

    /// <summary>Empty if there is no Host field.</summary>
    public string Host;

    /// <summary>The request fields that a task copies, masked, one line each: "x-request-id: 7f3a\n". Null if there are none.</summary>
    public string? Headers;
    public string Local;
    public string Remote;

    /// <summary>Empty if no rule matched.</summary>
    public string Rule;

    /// <summary>Null if unknown.</summary>
    public long? RequestBytes;
    public long? ResponseBytes;

    /// <summary>Smoothed round-trip time; 0 if unknown.</summary>
    public uint RoundTripMicroseconds;
    public uint Retransmissions;
    public SampledAs SampledAs;
    public PairingClass Pairing;

    /// <summary>Id of the sample with its content; 0 if it was not sampled.</summary>
    public ulong Sample;

    /// <summary>Number of the row in the table, starting at 0.</summary>
    public long Id;

    /// <summary>The other end's row; -1 if absent.</summary>
    public long Partner;
    public JoinState Join;
}
