using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.TopLists;

namespace NetProfiler.Analysis.Samples;

/// <summary>Creates the sample of an exchange from its held content. Allocates, which is acceptable for samples only.</summary>
public static class SampleFactory
{
    /// <param name="wallOffsetNanoseconds">Offset from a CLOCK_MONOTONIC time to nanoseconds since 1970.</param>
    public static Sample Of(in Exchange exchange, SampleTag tag, SamplingRule rule, string? task, ProcessIdentity? peer,
        long wallOffsetNanoseconds)
    {
        var connection = exchange.Connection;
        var inbound = connection.Role == EndpointRole.Server ? Direction.Ingress : Direction.Egress;

        // The head was not held because of the budget, so the message cannot be shown.
        var content = exchange.Held is { Response.Head.IsEmpty: false } ? rule.Content
            : rule.Content with { Response = CollectedContent.None };
        return new Sample
        {
            Id = tag.Id,
            Task = task,
            Rule = tag.Rule,
            SampledAs = tag.SampledAs,
            Content = content,
            Trace = tag.Trace,
            Role = connection.Role,
            Process = connection.Process,
            Peer = peer,
            Connection = connection.Id,
            Local = connection.LocalText,
            Remote = connection.RemoteText,
            Tls = connection.Tls,
            Status = exchange.Status,
            MinorVersion = exchange.Request.MinorVersion,
            Request = RequestOf(exchange, content.Request, inbound, wallOffsetNanoseconds),
            Response = ResponseOf(exchange, content.Response, inbound ^ Direction.Egress, wallOffsetNanoseconds),
            StartUnixNanoseconds = exchange.StartNanoseconds + wallOffsetNanoseconds,
            DurationNanoseconds = exchange.DurationNanoseconds,
            TimeToFirstByteNanoseconds = exchange.TimeToFirstByteNanoseconds,
            Phases = exchange.Phases,
            RoundTripMicroseconds = exchange.RoundTripMicroseconds,
            Retransmissions = exchange.Retransmissions,
            Outcome = exchange.Outcome,
            EndedBy = exchange.EndedBy,
            JoinKey = exchange.JoinKey,
            Translated = connection.Translated,
            Pairing = exchange.Pairing,
            RequestFault = exchange.RequestFault,
            ResponseFault = exchange.ResponseFault,
            ProxiedClient = connection.ProxiedClient?.ToString(),
        };
    }

    private static SampledMessage RequestOf(in Exchange exchange, CollectedContent collected, Direction direction, long wallOffset) =>
        Message(exchange.Held?.Request, exchange.RequestHeadBytes, collected, direction, wallOffset, exchange.StartNanoseconds,
            exchange.StartNanoseconds) with
        {
            Bytes = exchange.RequestBytes,
            BodyBytes = exchange.RequestBodyBytes,
        };

    private static SampledMessage ResponseOf(in Exchange exchange, CollectedContent collected, Direction direction, long wallOffset)
    {
        long end = exchange.StartNanoseconds + exchange.DurationNanoseconds;
        long start = exchange.Outcome == ExchangeOutcome.Unanswered ? end
            : exchange.StartNanoseconds + exchange.TimeToFirstByteNanoseconds;
        var held = exchange.Held?.Response;
        return Message(held, held is null ? default : held.Head, collected, direction, wallOffset, start, end) with
        {
            Bytes = exchange.ResponseBytes,
            BodyBytes = exchange.ResponseBodyBytes,
        };
    }

    /// <summary>Approximate memory size of the sample, before it is created.</summary>
    public static long BytesOf(in Exchange exchange)
    {
        long held = exchange.Held is { } one ? one.Response.Head.Length + one.Request.Body.Length + one.Response.Body.Length : 0;
        return Sample.ObjectBytes + exchange.RequestHeadBytes.Length + held;
    }

    private static SampledMessage Message(
        HeldMessage? held, ReadOnlySpan<byte> head, CollectedContent collected, Direction direction, long wallOffset, long startNanoseconds,
        long endNanoseconds) => new()
    {
        Head = head.ToArray(),
        Body = held is not null && collected == CollectedContent.Full ? held.Body.ToArray() : default,
        IsBodyCut = held is null || held.IsBodyCut,
        Bytes = 0,
        BodyBytes = 0,
        StartUnixNanoseconds = (held is { HasCalls: true } ? held.StartNanoseconds : startNanoseconds) + wallOffset,
        EndUnixNanoseconds = (held is { HasCalls: true } ? held.EndNanoseconds : endNanoseconds) + wallOffset,
        Calls = held?.Calls(direction, wallOffset) ?? [],
        CallsNotKept = held?.CallsNotKept ?? 0,
    };
}
