using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NetProfiler.Node.Tests.Support;

/// <summary>Answers one request a connection, after a while.</summary>
internal sealed class SlowServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePort.Take());
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public SlowServer(TimeSpan delay)
    {
        _listener.Start();
        _running = RunAsync(delay);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(TimeSpan delay)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptSocketAsync(_stop.Token);
                await client.ReceiveAsync(new byte[4096]);
                await WaitAsync(delay);
                await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    // Not a moment less: a timer may fire some milliseconds early.
    private async Task WaitAsync(TimeSpan delay)
    {
        long started = Stopwatch.GetTimestamp();
        await Task.Delay(delay, _stop.Token);
        while (Stopwatch.GetElapsedTime(started) < delay) await Task.Delay(1, _stop.Token);
    }
}
