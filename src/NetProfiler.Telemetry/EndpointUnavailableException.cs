using System.Net;
using System.Net.Sockets;

namespace NetProfiler.Telemetry;

/// <summary>The configured address cannot be listened on; the message contains the address and the reason, in one line.</summary>
public sealed class EndpointUnavailableException(IPEndPoint endPoint, Exception cause)
    : Exception($"cannot listen on {endPoint}: {Reason(cause)}", cause)
{
    public IPEndPoint EndPoint { get; } = endPoint;

    private static string Reason(Exception cause) => SocketErrorOf(cause) switch
    {
        SocketError.AddressAlreadyInUse => "address already in use",
        SocketError.AddressNotAvailable => "this machine does not have that address",
        SocketError.AddressFamilyNotSupported => "this machine does not speak that address family",
        SocketError.AccessDenied => "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)",
        _ => cause.Message.ReplaceLineEndings(" "),
    };

    private static SocketError? SocketErrorOf(Exception? cause) => cause switch
    {
        null => null,
        SocketException socket => socket.SocketErrorCode,
        _ => SocketErrorOf(cause.InnerException),
    };
}
