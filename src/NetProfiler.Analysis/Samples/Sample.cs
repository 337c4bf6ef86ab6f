using System.Collections.Immutable;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Samples;

/// <summary>
/// A sampled exchange as it leaves the ring-buffer thread: raw, including its secrets. It must not leave the process;
/// <see cref="SampleContent"/> creates what may be shown. Times are nanoseconds since 1970.
/// </summary>
public sealed record Sample
{
    /// <summary>A random id: the id of the span that is exported and, if the request has no trace context, of its trace.</summary>
    public required SpanId Id { get; init; }

    public string? Task { get; init; }
    public string? Rule { get; init; }
    public required SampledAs SampledAs { get; init; }
    public ContentPolicy Content { get; init; } = ContentPolicy.Nothing;
    public TraceReference? Trace { get; init; }

    /// <summary>How the process uses the span in the request's trace context.</summary>
    public SpanUse SpanUse { get; init; }

    public required EndpointRole Role { get; init; }
    public required ProcessIdentity Process { get; init; }

    /// <summary>The process at the other end, if it is a profiled process on this machine too.</summary>
    public ProcessIdentity? Peer { get; init; }

    /// <summary>Who is at the other end, as far as the cluster or this machine knows. Null: not asked.</summary>
    public Party? RemoteParty { get; init; }

    /// <summary>Name of the cluster's node. Null outside of a cluster.</summary>
    public string? NodeName { get; init; }

    /// <summary>Identity of the connection on this machine; 0 if unknown.</summary>
    public ulong Connection { get; init; }

    public required string Local { get; init; }
    public required string Remote { get; init; }
    /// <summary>Null if the exchange was plaintext.</summary>
    public TlsSession? Tls { get; init; }

    /// <summary>0 if no response began.</summary>
    public required int Status { get; init; }

    /// <summary>0 or 1.</summary>
    public int MinorVersion { get; init; } = 1;

    public required SampledMessage Request { get; init; }
    public required SampledMessage Response { get; init; }

    public required long StartUnixNanoseconds { get; init; }
    public required long DurationNanoseconds { get; init; }
    public long TimeToFirstByteNanoseconds { get; init; }

    public ExchangePhases Phases { get; init; }

    /// <summary>Smoothed round-trip time at the end of the exchange; 0 if absent.</summary>
    public uint RoundTripMicroseconds { get; init; }

    /// <summary>Number of segments retransmitted during the exchange.</summary>
    public uint Retransmissions { get; init; }

    /// <summary>Outcome of the request.</summary>
    public ExchangeOutcome Outcome { get; init; }

    /// <summary>Which side ended the connection before the response was complete. None if it is complete.</summary>
    public EndedBy EndedBy { get; init; }

    /// <summary>Identifies the exchange at both ends. Null if the ends cannot be compared.</summary>
    public JoinKey? JoinKey { get; init; }

    /// <summary>The addresses as the other end sees them. Null if they are not translated.</summary>
    public Translation? Translated { get; init; }

    /// <summary>Certainty that the response answers the request.</summary>
    public PairingClass Pairing { get; init; }

    /// <summary>The fault that makes the end, and so the sizes, of a message unknown.</summary>
    public InvalidReason RequestFault { get; init; }

    public InvalidReason ResponseFault { get; init; }

    /// <summary>The client on whose behalf a proxy connects, such as "192.0.2.1:56324". Null if there was no PROXY header.</summary>
    public string? ProxiedClient { get; init; }

    /// <summary>Approximate memory size.</summary>
    public long HeldBytes => ObjectBytes + Request.HeldBytes + Response.HeldBytes;

    internal const int ObjectBytes = 1024;
}

/// <summary>One message of a sample, as far as it was captured.</summary>
public sealed record SampledMessage
{
    /// <summary>The start line and field lines as they were on the wire, with the empty line that ends them.</summary>
    public required ReadOnlyMemory<byte> Head { get; init; }

    /// <summary>
    /// The bytes after the head on the wire, including chunk framing, contiguous; shorter than the whole body if it was cut.
    /// </summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Whether the body continues after the captured part.</summary>
    public bool IsBodyCut { get; init; }

    /// <summary>Size of the whole message on the wire. Null if unknown.</summary>
    public required long? Bytes { get; init; }

    /// <summary>Size of the whole content after transfer decoding. Null if unknown.</summary>
    public required long? BodyBytes { get; init; }

    /// <summary>Start of the first call, and return of the last.</summary>
    public required long StartUnixNanoseconds { get; init; }
    public required long EndUnixNanoseconds { get; init; }

    /// <summary>The calls that moved the message, oldest first, at most <see cref="MaxCalls"/>.</summary>
    public ImmutableArray<SampledCall> Calls { get; init; } = [];

    /// <summary>Number of further calls.</summary>
    public int CallsNotKept { get; init; }

    public const int MaxCalls = HeldMessage.MaxCalls;

    internal long HeldBytes => Head.Length + Body.Length + (Calls.Length * 40L);
}
