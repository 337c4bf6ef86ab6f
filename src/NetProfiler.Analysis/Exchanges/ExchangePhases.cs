using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>The phases of an exchange, as seen on the profiled process's side.</summary>
public enum ExchangePhase : byte
{
    /// <summary>
    /// The first byte was ready in the socket, and the program had not read it yet: the request's first byte (server), the final response's
    /// (client).
    /// </summary>
    Queue,

    /// <summary>
    /// From the read that brought the message's first byte to the read that brought its last: the request (server), the response (client).
    /// </summary>
    Receive,

    /// <summary>
    /// Server: from the read of the request's last byte to the start of the write that sent the final response's first byte.
    /// </summary>
    Application,

    /// <summary>Server: from the start of that write to the end of the write that sent the response's last byte.</summary>
    Write,

    /// <summary>Client: from the start of the request's first write to the end of its last.</summary>
    Send,

    /// <summary>
    /// Client: from the end of the last write until the final response's first byte was ready in the socket: the network and the server.
    /// </summary>
    Wait,
}

/// <summary>The phases of one exchange. They are never negative and never overlap.</summary>
/// <remarks>
/// Server: queue precedes the exchange's start; receive, application and write make up its duration. Client: send, wait, queue and receive
/// make up its duration. If a message begins before the previous one has ended (a response to a request that is still being sent, or a
/// response that is read before the writing call returns), the earlier phase ends at the start of the later one.
/// </remarks>
public readonly record struct ExchangePhases
{
    private ExchangePhases(EndpointRole role, long? queue, long receive, long application, long write, long send, long wait)
    {
        Role = role;
        QueueNanoseconds = queue;
        ReceiveNanoseconds = receive;
        ApplicationNanoseconds = application;
        WriteNanoseconds = write;
        SendNanoseconds = send;
        WaitNanoseconds = wait;
    }

    public EndpointRole Role { get; }

    /// <summary>
    /// Null if the arrival time of the first byte is unknown (unix sockets, packet captures; docs/tcp.md). A client's wait then extends
    /// until the byte is read.
    /// </summary>
    public long? QueueNanoseconds { get; }

    public long ReceiveNanoseconds { get; }

    /// <summary>Zero for a client, like <see cref="WriteNanoseconds"/>.</summary>
    public long ApplicationNanoseconds { get; }

    public long WriteNanoseconds { get; }

    /// <summary>Zero for a server, like <see cref="WaitNanoseconds"/>.</summary>
    public long SendNanoseconds { get; }

    public long WaitNanoseconds { get; }

    /// <param name="arrived">When the request's first byte was ready to be read; 0 if unknown.</param>
    /// <param name="start">Start of the exchange.</param>
    /// <param name="requestEnd">When the request's last byte was read.</param>
    /// <param name="answering">Start of the call that wrote the final response's first byte.</param>
    /// <param name="end">End of the exchange.</param>
    public static ExchangePhases OfServer(long arrived, long start, long requestEnd, long answering, long end)
    {
        end = long.Max(start, end);
        answering = long.Clamp(answering, start, end);
        requestEnd = long.Clamp(requestEnd, start, answering);
        return new ExchangePhases(
            EndpointRole.Server, arrived == 0 ? null : long.Max(0, start - arrived), requestEnd - start, answering - requestEnd,
            end - answering, send: 0, wait: 0);
    }

    /// <param name="start">Start of the exchange.</param>
    /// <param name="requestEnd">When the call that wrote the request's last byte returned.</param>
    /// <param name="arrived">When the final response's first byte was ready to be read; 0 if unknown.</param>
    /// <param name="read">When the final response's first byte was read.</param>
    /// <param name="end">End of the exchange.</param>
    public static ExchangePhases OfClient(long start, long requestEnd, long arrived, long read, long end)
    {
        end = long.Max(start, end);
        read = long.Clamp(read, start, end);
        long ready = arrived == 0 ? read : long.Clamp(arrived, start, read);
        requestEnd = long.Clamp(requestEnd, start, ready);
        return new ExchangePhases(
            EndpointRole.Client, arrived == 0 ? null : read - ready, end - read, application: 0, write: 0, requestEnd - start,
            ready - requestEnd);
    }
}
