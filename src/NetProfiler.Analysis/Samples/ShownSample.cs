using System.Collections.Immutable;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Samples;

/// <summary>A sampled exchange as it may leave the process: text, cut to the rule's limits, secrets masked. Immutable.</summary>
public sealed record ShownSample
{
    public required SpanId Id { get; init; }
    public required string? Task { get; init; }
    public required string? Rule { get; init; }
    public required SampledAs SampledAs { get; init; }
    public required TraceReference? Trace { get; init; }

    /// <summary>How the process uses the span in the request's trace context.</summary>
    public SpanUse SpanUse { get; init; }

    public required EndpointRole Role { get; init; }
    public required ProcessIdentity Process { get; init; }
    public required ProcessIdentity? Peer { get; init; }

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

    public bool IsTls => Tls is not null;

    public required string Method { get; init; }

    /// <summary>The target as sent, with secrets masked.</summary>
    public required string Target { get; init; }

    /// <summary>Null if there is no Host field.</summary>
    public required string? Host { get; init; }

    /// <summary>The request fields that the task copies, in the task's order.</summary>
    public ImmutableArray<ShownField> CopiedFields { get; init; } = [];

    /// <summary>0 if no response began.</summary>
    public required int Status { get; init; }
    public required int MinorVersion { get; init; }
    public required ShownMessage Request { get; init; }
    public required ShownMessage Response { get; init; }
    public required long StartUnixNanoseconds { get; init; }
    public required long DurationNanoseconds { get; init; }
    public required long TimeToFirstByteNanoseconds { get; init; }
    public required ExchangePhases Phases { get; init; }
    public required uint RoundTripMicroseconds { get; init; }
    public required uint Retransmissions { get; init; }

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

    /// <summary>Which side ended the connection, and how, such as "client-closed"; empty if the exchange is complete.</summary>
    public string EndedByText => NameOf(EndedBy);

    /// <summary>Approximate memory size.</summary>
    public long HeldBytes => 1024 + (2L * Target.Length) + Request.HeldBytes + Response.HeldBytes;

    /// <summary>
    /// Why the exchange was sampled: server-error, client-error, unanswered, incomplete, slow; empty if there is no reason.
    /// </summary>
    public string SampledAsText => NameOf(SampledAs);

    /// <summary>The names form a closed set.</summary>
    public static string NameOf(EndedBy endedBy) => endedBy switch
    {
        EndedBy.None => "",
        EndedBy.ClientClosed => "client-closed",
        EndedBy.ClientReset => "client-reset",
        EndedBy.ServerClosed => "server-closed",
        EndedBy.ServerReset => "server-reset",
        EndedBy.ProcessEnded => "process-ended",
        _ => "unknown",
    };

    public static string NameOf(SampledAs reason) => reason switch
    {
        SampledAs.ServerError => "server-error",
        SampledAs.ClientError => "client-error",
        SampledAs.Slow => "slow",
        SampledAs.Unanswered => "unanswered",
        SampledAs.Incomplete => "incomplete",
        _ => "",
    };
}

/// <summary>One message of a sample, for display.</summary>
public sealed record ShownMessage
{
    public required long? Bytes { get; init; }
    public required long? BodyBytes { get; init; }
    public required long StartUnixNanoseconds { get; init; }
    public required long EndUnixNanoseconds { get; init; }
    public required ImmutableArray<SampledCall> Calls { get; init; }
    public required int CallsNotKept { get; init; }

    /// <summary>Whether any of its content is shown, at least the head.</summary>
    public bool HasContent => StartLine.Length > 0;

    /// <summary>Empty if the rule does not collect this message.</summary>
    public string StartLine { get; init; } = "";

    public ImmutableArray<ShownField> Fields { get; init; } = [];

    /// <summary>Whether fields were omitted because of the rule's limit.</summary>
    public bool IsHeadCut { get; init; }

    /// <summary>Null if the rule does not collect the body, or if there is none.</summary>
    public ShownBody? Body { get; init; }

    /// <summary>The message as one text: start line, fields, empty line, body. Empty if nothing is collected.</summary>
    public string ToText()
    {
        if (!HasContent) return "";
        var text = new System.Text.StringBuilder(StartLine).Append("\r\n");
        foreach (var field in Fields) text.Append(field.Name).Append(": ").Append(field.Value).Append("\r\n");
        return text.Append("\r\n").Append(Body?.ToText()).ToString();
    }

    internal long HeldBytes => 256 + (2L * (StartLine.Length + (Body?.Text?.Length ?? 0))) + (Calls.Length * 40L) +
        Fields.Sum(one => 80 + (2L * (one.Name.Length + one.Value.Length)));
}

public readonly record struct ShownField(string Name, string Value);

/// <summary>The content of a message, as text or summary.</summary>
public sealed record ShownBody
{
    /// <summary>The media type without parameters, in lower case; empty if absent.</summary>
    public required string MediaType { get; init; }

    /// <summary>The whole Content-Type, masked like any field; empty if absent.</summary>
    public required string ContentType { get; init; }

    /// <summary>The codings that were decoded, outermost last as in Content-Encoding.</summary>
    public required string Encoding { get; init; }

    /// <summary>Null if the content is not text; see <see cref="Summary"/>.</summary>
    public string? Text { get; init; }

    /// <summary>Type, size and digest of content that is not text.</summary>
    public string? Summary { get; init; }

    /// <summary>Whether there is more content than is shown, or than the digest covers.</summary>
    public required bool IsCut { get; init; }

    public string ToText() => Text ?? Summary ?? "";
}
