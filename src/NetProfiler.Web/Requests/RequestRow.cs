using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Sampling;

namespace NetProfiler.Web.Requests;

/// <summary>Whether the other end's view of an exchange is known.</summary>
public enum JoinState : byte
{
    /// <summary>The other end was not seen, or has not come yet.</summary>
    Alone,

    Joined,

    /// <summary>Several views of one end fit: none is taken.</summary>
    Ambiguous,

    /// <summary>The two ends cannot be compared: a Unix socket, a connection older than the capture, captured packets.</summary>
    NoKey,
}

/// <summary>One exchange as one end saw it, without content. Text is masked. A value, since a table has many.</summary>
public struct RequestRow
{
    /// <summary>Nanoseconds since 1970.</summary>
    public long StartNanoseconds;
    public long DurationNanoseconds;
    public long TimeToFirstByteNanoseconds;
    public ExchangePhases Phases;
    public EndpointRole Role;

    /// <summary>0: no response was begun.</summary>
    public int Status;

    /// <summary>
    /// What became of the request. Durations and sizes of what is not complete are what there was until the connection's end.
    /// </summary>
    public ExchangeOutcome Outcome;

    /// <summary>Who ended the connection before the response was whole; none: it is whole.</summary>
    public EndedBy EndedBy;
    public int ProcessId;
    public string Process;

    /// <summary>Who is at the other end: a name or an address.</summary>
    public string Peer;
    public string Method;
    public string Target;

    /// <summary>Empty: there is no Host field.</summary>
    public string Host;

    /// <summary>The request fields that a task copies, masked, a line each: "x-request-id: 7f3a\n". Null: there are none.</summary>
    public string? Headers;
    public string Local;
    public string Remote;

    /// <summary>Empty: no rule decided.</summary>
    public string Rule;

    /// <summary>Null: not known.</summary>
    public long? RequestBytes;
    public long? ResponseBytes;

    /// <summary>Smoothed; 0: not known.</summary>
    public uint RoundTripMicroseconds;
    public uint Retransmissions;
    public SampledAs SampledAs;
    public PairingClass Pairing;

    /// <summary>Identity of the sample that has its content; 0: it was not sampled.</summary>
    public ulong Sample;

    /// <summary>Its number in the table, from 0 on.</summary>
    public long Id;

    /// <summary>The other end's row; -1: there is none.</summary>
    public long Partner;
    public JoinState Join;
}
