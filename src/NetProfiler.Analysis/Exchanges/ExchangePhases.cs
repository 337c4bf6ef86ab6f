using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>What an exchange's time was spent on, as the profiled process's side saw it.</summary>
public enum ExchangePhase : byte
{
    /// <summary>
    /// The first byte lay ready in the socket, and the program had not read it yet: the request's first byte (server), the final
    /// response's (client).
    /// </summary>
    Queue,

    /// <summary>
    /// From the read that brought the message's first byte to the one that brought its last: the request (server), the response (client).
    /// </summary>
    Receive,

    /// <summary>Server: from the read of the request's last byte to the start of the write that sent the final response's first.</summary>
    Application,

    /// <summary>Server: from that start to the end of the write that sent the response's last byte.</summary>
    Write,

    /// <summary>Client: from the start of the first write of the request to the end of the last.</summary>
    Send,

    /// <summary>Client: from there until the final response's first byte was ready in the socket: the network and the server.</summary>
    Wait,
}

/// <summary>The phases of one exchange, none of which is negative or overlaps another.</summary>
/// <remarks>
/// Server: queue lies before the exchange's start; receive, application and write are its duration. Client: send, wait, queue and
/// receive are its duration. Where a message begins before the one before it ended (an answer to a request that is still sent, an
/// answer that is there before the writing call returned) the earlier phase ends with the later one's start.
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
    /// Null: when the first byte came is not known (unix sockets, packet captures; docs/tcp.md). A client's wait then goes on until it was
    /// read.
    /// </summary>
    public long? QueueNanoseconds { get; }

    public long ReceiveNanoseconds { get; }

    /// <summary>Server only, like <see cref="WriteNanoseconds"/>.</summary>
    public long ApplicationNanoseconds { get; }

    public long WriteNanoseconds { get; }

    /// <summary>Client only, like <see cref="WaitNanoseconds"/>.</summary>
    public long SendNanoseconds { get; }

    public long WaitNanoseconds { get; }

    /// <param name="arrived">When the request's first byte was ready to be read; 0: not known.</param>
    /// <param name="start">Of the exchange.</param>
    /// <param name="requestEnd">When the request's last byte was read.</param>
    /// <param name="answering">Start of the call that wrote the final response's first byte.</param>
    /// <param name="end">Of the exchange.</param>
    public static ExchangePhases OfServer(long arrived, long start, long requestEnd, long answering, long end)
    {
        end = long.Max(start, end);
        answering = long.Clamp(answering, start, end);
        requestEnd = long.Clamp(requestEnd, start, answering);
        return new ExchangePhases(
            EndpointRole.Server, arrived == 0 ? null : long.Max(0, start - arrived), requestEnd - start, answering - requestEnd,
            end - answering, send: 0, wait: 0);
    }

    /// <param name="start">Of the exchange.</param>
    /// <param name="requestEnd">When the call that wrote the request's last byte returned.</param>
    /// <param name="arrived">When the final response's first byte was ready to be read; 0: not known.</param>
    /// <param name="read">When it was read.</param>
    /// <param name="end">Of the exchange.</param>
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
