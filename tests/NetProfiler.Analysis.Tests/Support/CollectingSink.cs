using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.TopLists;
using NetProfiler.Analysis.Traces;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>What is left of an exchange when the call that handed it over is done; -1: a size that is not known.</summary>
internal sealed record SeenExchange(
    EndpointRole Role, string Process, string Method, string Target, int Status,
    long RequestBytes, long RequestBodyBytes, long ResponseBytes, long ResponseBodyBytes,
    long Start, long FirstByte, long Duration)
{
    public string Line => $"{Method} {Target} {Status}";

    public ExchangePhases Phases { get; init; }

    public uint Retransmissions { get; init; }

    public PairingClass Pairing { get; init; }

    public string? Client { get; init; }

    public InvalidReason RequestFault { get; init; }

    public InvalidReason ResponseFault { get; init; }

    /// <summary>What the bytes alone decide, whenever they came.</summary>
    public string Content => $"{Line}: {RequestBytes} ({RequestBodyBytes}) -> {ResponseBytes} ({ResponseBodyBytes})";
}

internal delegate void ExchangeTaker(in Exchange exchange);

internal sealed class CollectingSink : IExchangeSink
{
    public List<SeenExchange> Exchanges { get; } = [];

    public bool MakesSamples { get; set; }

    /// <summary>Of each exchange, everything that was held.</summary>
    public List<Sample> Samples { get; } = [];

    /// <summary>What else is to be done with each.</summary>
    public ExchangeTaker? Also { get; set; }

    /// <summary>Of what was assumed, as many were refuted.</summary>
    public int Refuted { get; private set; }

    /// <summary>"GET /a 200 client-closed", "GET /b - server-reset".</summary>
    public List<string> Unfinished { get; } = [];

    /// <summary>Of each of them: the bytes of its response, and how long it lasted.</summary>
    public List<(long? ResponseBytes, long DurationNanoseconds)> UnfinishedSizes { get; } = [];

    /// <summary>Requests in flight.</summary>
    public InFlight InFlight { get; } = new();

    public InFlight? Begin(in Exchange exchange) => InFlight;

    public void AcceptUnfinished(in Exchange exchange)
    {
        string status = exchange.Outcome == ExchangeOutcome.Unanswered ? "-" : $"{exchange.Status}";
        Unfinished.Add($"{Encoding.Latin1.GetString(exchange.Method)} {Encoding.Latin1.GetString(exchange.Target)} {status} "
            + $"{ShownSample.NameOf(exchange.EndedBy)}");
        UnfinishedSizes.Add((exchange.ResponseBytes, exchange.DurationNanoseconds));
    }

    public void AcceptUnread(ConnectionIdentity connection, int count)
    {
    }

    public void AcceptTls(ConnectionIdentity connection, bool mayBeRead)
    {
    }

    public void AcceptTlsRead(ConnectionIdentity connection)
    {
    }

    public void AcceptTlsUnread(ConnectionIdentity connection, TlsUnreadReason reason)
    {
    }

    public void AcceptRefuted(ConnectionIdentity connection, int count) => Refuted += count;

    public void Accept(in Exchange exchange)
    {
        Also?.Invoke(exchange);
        if (MakesSamples)
        {
            var rule = SamplingRule.Default with { Content = SampleBuilder.Everything };
            Samples.Add(SampleFactory.Of(exchange, new SampleTag(new SpanId(1), rule.Name, SampledAs.Slow, null), rule, null, null, 0));
        }

        Add(exchange);
    }

    private void Add(in Exchange exchange) => Exchanges.Add(new SeenExchange(
        exchange.Connection.Role,
        exchange.Connection.Process.Name,
        Encoding.Latin1.GetString(exchange.Method),
        Encoding.Latin1.GetString(exchange.Target),
        exchange.Status,
        exchange.RequestBytes ?? -1,
        exchange.RequestBodyBytes ?? -1,
        exchange.ResponseBytes ?? -1,
        exchange.ResponseBodyBytes ?? -1,
        exchange.StartNanoseconds,
        exchange.TimeToFirstByteNanoseconds,
        exchange.DurationNanoseconds)
    {
        Phases = exchange.Phases,
        Retransmissions = exchange.Retransmissions,
        Pairing = exchange.Pairing,
        RequestFault = exchange.RequestFault,
        ResponseFault = exchange.ResponseFault,
        Client = exchange.Connection.ProxiedClient?.ToString(),
    });
}
