using System.Net;
using System.Net.Sockets;

namespace NetProfiler.Node.Tests.Support;

/// <summary>Ports below the kernel's ephemeral range, so that no client takes one before its server does.</summary>
internal static class FreePort
{
    private static int _next = 20000 + Environment.ProcessId % 1000 * 10;

    public static int Take()
    {
        while (true)
        {
            int port = Interlocked.Increment(ref _next);
            if (port >= 32000) Interlocked.Exchange(ref _next, 20000);
            else if (IsFree(port)) return port;
        }
    }

    /// <summary>Listens on one of loopback.</summary>
    public static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, Take());
        listener.Start();
        return listener;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
