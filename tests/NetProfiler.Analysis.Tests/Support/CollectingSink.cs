using System.Text;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>What is left of an exchange when the call that handed it over is done.</summary>
internal sealed record SeenExchange(
    EndpointRole Role, string Process, string Method, string Target, int Status,
    long RequestBytes, long RequestBodyBytes, long ResponseBytes, long ResponseBodyBytes,
    long Start, long FirstByte, long Duration)
{
    public string Line => $"{Method} {Target} {Status}";

    /// <summary>What the bytes alone decide, whenever they came.</summary>
    public string Content => $"{Line}: {RequestBytes} ({RequestBodyBytes}) -> {ResponseBytes} ({ResponseBodyBytes})";
}

internal sealed class CollectingSink : IExchangeSink
{
    public List<SeenExchange> Exchanges { get; } = [];

    public void Accept(in Exchange exchange) => Exchanges.Add(new SeenExchange(
        exchange.Connection.Role,
        exchange.Connection.Process.Name,
        Encoding.Latin1.GetString(exchange.Method),
        Encoding.Latin1.GetString(exchange.Target),
        exchange.Status,
        exchange.RequestBytes,
        exchange.RequestBodyBytes,
        exchange.ResponseBytes,
        exchange.ResponseBodyBytes,
        exchange.StartNanoseconds,
        exchange.TimeToFirstByteNanoseconds,
        exchange.DurationNanoseconds));
}
