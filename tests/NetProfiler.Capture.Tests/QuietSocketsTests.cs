using System.Net;
using System.Net.Sockets;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Sockets;

namespace NetProfiler.Capture.Tests;

/// <summary>Which connections owe nothing when they are joined, by what the kernel knows of them.</summary>
public sealed class QuietSocketsTests
{
    private const QuietDirections Both = QuietDirections.Ingress | QuietDirections.Egress;

    private static readonly TimeSpan Stillness = TimeSpan.FromMilliseconds(3 * QuietSockets.SilenceMilliseconds);

    [SkippableTheory]
    [InlineData("", Both, Both)] // never used
    [InlineData("q a", QuietDirections.Ingress, QuietDirections.Egress)] // answered
    [InlineData("q a q a", QuietDirections.Ingress, QuietDirections.Egress)]
    [InlineData("q", QuietDirections.None, QuietDirections.None)] // the first request, or part of it
    [InlineData("q a q", QuietDirections.Egress, QuietDirections.Ingress)] // a request, or part of it, was the last
    public async Task A_server_that_spoke_last_owes_nothing(string turns, QuietDirections server, QuietDirections client)
    {
        var (accepted, connected) = await PairAsync();
        using (accepted)
        using (connected)
        {
            foreach (string turn in turns.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var (from, to) = turn == "q" ? (connected, accepted) : (accepted, connected);
                await from.SendAsync("bytes"u8.ToArray());
                await to.ReceiveAsync(new byte[100]);
                await Task.Delay(20); // another tick of the kernel's clock
            }

            await Task.Delay(Stillness);
            var quiet = QuietSockets.Read();
            Assert.Equal((server, client), (Take(quiet, accepted), Take(quiet, connected)));
            Assert.Equal(QuietDirections.None, Take(quiet, accepted)); // asked once
        }
    }

    [SkippableFact]
    public async Task What_moves_or_waits_to_be_read_is_not_quiet()
    {
        var (accepted, connected) = await PairAsync();
        using (accepted)
        using (connected)
        {
            await connected.SendAsync("bytes"u8.ToArray());
            await accepted.ReceiveAsync(new byte[100]);
            await accepted.SendAsync("bytes"u8.ToArray());
            Assert.Equal(QuietDirections.None, Take(QuietSockets.Read(), accepted)); // a moment ago
            Assert.Equal(QuietDirections.None, Take(QuietSockets.Read(), accepted, QuietSockets.SilenceMilliseconds / 4));
            // it stood still after the look
            Assert.NotEqual(QuietDirections.None, Take(QuietSockets.Read(), accepted, QuietSockets.SilenceMilliseconds));
            Assert.Equal(QuietDirections.None, Take(QuietSockets.Read(), accepted, -1)); // the event came before the look
            await Task.Delay(Stillness);
            Assert.Equal(QuietDirections.None, Take(QuietSockets.Read(), connected)); // the answer has not been read
        }
    }

    private static QuietDirections Take(QuietSockets quiet, Socket socket, int millisecondsSinceLook = 0) =>
        quiet.Take(SocketScan.NamespaceOf("/proc/self")!.Value, AddressOf(socket.LocalEndPoint!), AddressOf(socket.RemoteEndPoint!),
            millisecondsSinceLook * 1_000_000L);

    private static EndpointAddress AddressOf(EndPoint endpoint) => endpoint is IPEndPoint { Address: var address, Port: var port }
        ? EndpointAddress.IPv4(address.GetAddressBytes(), (ushort)port)
        : throw new ArgumentException("an IPv4 address is expected", nameof(endpoint));

    private static async Task<(Socket Accepted, Socket Connected)> PairAsync()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs sock_diag");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var connected = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await connected.ConnectAsync(listener.LocalEndpoint);
        return (await listener.AcceptSocketAsync(), connected);
    }
}
