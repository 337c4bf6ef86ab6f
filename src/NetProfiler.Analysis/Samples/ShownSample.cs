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

    /// <summary>What the process makes of the span that the request names.</summary>
    public SpanUse SpanUse { get; init; }

    public required EndpointRole Role { get; init; }
    public required ProcessIdentity Process { get; init; }
    public required ProcessIdentity? Peer { get; init; }

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

    public bool IsTls => Tls is not null;

    public required string Method { get; init; }

    /// <summary>As it was sent, secrets masked.</summary>
    public required string Target { get; init; }

    /// <summary>Null: there is no Host field.</summary>
    public required string? Host { get; init; }

    /// <summary>The request fields that the task copies, in its order.</summary>
    public ImmutableArray<ShownField> CopiedFields { get; init; } = [];

    /// <summary>0: no response was begun.</summary>
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

    /// <summary>"client-closed": who ended the connection and how, as it is shown everywhere; empty: the exchange is complete.</summary>
    public string EndedByText => NameOf(EndedBy);

    /// <summary>About what it holds in memory.</summary>
    public long HeldBytes => 1024 + (2L * Target.Length) + Request.HeldBytes + Response.HeldBytes;

    /// <summary>The word for why it was sampled: server-error, client-error, unanswered, incomplete, slow; empty for no reason.</summary>
    public string SampledAsText => NameOf(SampledAs);

    /// <summary>A closed set.</summary>
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

/// <summary>One message of a sample, as it may be shown.</summary>
public sealed record ShownMessage
{
    public required long? Bytes { get; init; }
    public required long? BodyBytes { get; init; }
    public required long StartUnixNanoseconds { get; init; }
    public required long EndUnixNanoseconds { get; init; }
    public required ImmutableArray<SampledCall> Calls { get; init; }
    public required int CallsNotKept { get; init; }

    /// <summary>Whether anything of its content is shown, even the head.</summary>
    public bool HasContent => StartLine.Length > 0;

    /// <summary>Empty: the rule does not collect this message.</summary>
    public string StartLine { get; init; } = "";

    public ImmutableArray<ShownField> Fields { get; init; } = [];

    /// <summary>Fields are missing for the rule's limit.</summary>
    public bool IsHeadCut { get; init; }

    /// <summary>Null: the rule does not collect it, or there is none.</summary>
    public ShownBody? Body { get; init; }

    /// <summary>The message as one text: start line, fields, empty line, body. Empty where nothing is collected.</summary>
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

/// <summary>The content of a message: as text, or what can be said of it.</summary>
public sealed record ShownBody
{
    /// <summary>The media type without parameters, lower-case; empty where none is named.</summary>
    public required string MediaType { get; init; }

    /// <summary>The whole Content-Type, masked like any field; empty where there is none.</summary>
    public required string ContentType { get; init; }

    /// <summary>The codings taken off for showing, outermost last as in Content-Encoding.</summary>
    public required string Encoding { get; init; }

    /// <summary>Null: it is no text; see <see cref="Summary"/>.</summary>
    public string? Text { get; init; }

    /// <summary>Type, size and digest of what is no text.</summary>
    public string? Summary { get; init; }

    /// <summary>There is more than what is shown, or than what the digest is of.</summary>
    public required bool IsCut { get; init; }

    public string ToText() => Text ?? Summary ?? "";
}
