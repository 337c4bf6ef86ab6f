using System.Collections.Immutable;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Samples;

/// <summary>
/// A sampled exchange as it leaves the ring-buffer thread: raw, with its secrets. Nothing outside the process may take one;
/// <see cref="SampleContent"/> makes what may be shown. Times are nanoseconds since 1970.
/// </summary>
public sealed record Sample
{
    /// <summary>Random: the identity of our own span, and of the trace where the request names none.</summary>
    public required SpanId Id { get; init; }

    public string? Task { get; init; }
    public string? Rule { get; init; }
    public required SampledAs SampledAs { get; init; }
    public ContentPolicy Content { get; init; } = ContentPolicy.Nothing;
    public TraceReference? Trace { get; init; }

    /// <summary>What the process makes of the span that the request names.</summary>
    public SpanUse SpanUse { get; init; }

    public required EndpointRole Role { get; init; }
    public required ProcessIdentity Process { get; init; }

    /// <summary>The process at the other end, where it is one of this machine and profiled too.</summary>
    public ProcessIdentity? Peer { get; init; }

    /// <summary>Who is at the other end, as far as the cluster or this machine knows. Null: not asked.</summary>
    public Party? RemoteParty { get; init; }

    /// <summary>Name of the cluster's node. Null outside of a cluster.</summary>
    public string? NodeName { get; init; }

    /// <summary>Identity of the connection on this machine; 0: not known.</summary>
    public ulong Connection { get; init; }

    public required string Local { get; init; }
    public required string Remote { get; init; }
    /// <summary>Null: the exchange was in clear text.</summary>
    public TlsSession? Tls { get; init; }

    /// <summary>0: no response was begun.</summary>
    public required int Status { get; init; }

    /// <summary>0 or 1.</summary>
    public int MinorVersion { get; init; } = 1;

    public required SampledMessage Request { get; init; }
    public required SampledMessage Response { get; init; }

    public required long StartUnixNanoseconds { get; init; }
    public required long DurationNanoseconds { get; init; }
    public long TimeToFirstByteNanoseconds { get; init; }

    public ExchangePhases Phases { get; init; }

    /// <summary>Smoothed round-trip time at the end of the exchange; 0 where there is none.</summary>
    public uint RoundTripMicroseconds { get; init; }

    /// <summary>Segments retransmitted while the exchange lasted.</summary>
    public uint Retransmissions { get; init; }

    /// <summary>What became of the request.</summary>
    public ExchangeOutcome Outcome { get; init; }

    /// <summary>Who ended the connection before the response was whole; none: it is whole.</summary>
    public EndedBy EndedBy { get; init; }

    /// <summary>What both ends know the exchange by; null: they cannot be compared.</summary>
    public JoinKey? JoinKey { get; init; }

    /// <summary>The addresses that the other end sees; null: nothing translates them.</summary>
    public Translation? Translated { get; init; }

    /// <summary>How sure it is that the response answers the request.</summary>
    public PairingClass Pairing { get; init; }

    /// <summary>What made the end of a message unknown, and its sizes with it.</summary>
    public InvalidReason RequestFault { get; init; }

    public InvalidReason ResponseFault { get; init; }

    /// <summary>"192.0.2.1:56324": the client for which a proxy speaks; null: the PROXY protocol said nothing.</summary>
    public string? ProxiedClient { get; init; }

    /// <summary>About what it holds in memory.</summary>
    public long HeldBytes => ObjectBytes + Request.HeldBytes + Response.HeldBytes;

    internal const int ObjectBytes = 1024;
}

/// <summary>One message of a sample, as far as it was captured.</summary>
public sealed record SampledMessage
{
    /// <summary>The start line and field lines as they were on the wire, with the empty line that ends them.</summary>
    public required ReadOnlyMemory<byte> Head { get; init; }

    /// <summary>
    /// What follows the head on the wire, chunk framing included, without a hole; shorter than the whole where it was cut.
    /// </summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body goes on after what was captured of it.</summary>
    public bool IsBodyCut { get; init; }

    /// <summary>The whole message on the wire; null: not known.</summary>
    public required long? Bytes { get; init; }

    /// <summary>The whole content after transfer decoding; null: not known.</summary>
    public required long? BodyBytes { get; init; }

    /// <summary>The first call's start, and the last one's return.</summary>
    public required long StartUnixNanoseconds { get; init; }
    public required long EndUnixNanoseconds { get; init; }

    /// <summary>The calls that moved the message, oldest first, at most <see cref="MaxCalls"/>.</summary>
    public ImmutableArray<SampledCall> Calls { get; init; } = [];

    /// <summary>Calls beyond these.</summary>
    public int CallsNotKept { get; init; }

    public const int MaxCalls = HeldMessage.MaxCalls;

    internal long HeldBytes => Head.Length + Body.Length + (Calls.Length * 40L);
}
