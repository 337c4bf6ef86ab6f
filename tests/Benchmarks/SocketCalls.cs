using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace NetProfiler.Benchmarks;

/// <summary>
/// What one socket call costs, alone on its core: a process that sends a request to itself, reads it, answers it in two segments
/// and reads that. The least of many batches: what the machine adds from time to time is left out.
/// </summary>
internal sealed partial class SocketCalls : IAsyncDisposable
{
    /// <summary>The argument that makes this program the measured process.</summary>
    public const string Argument = "socket-calls";

    private const int Batches = 2_000;
    private const int RoundsPerBatch = 100;
    private const int CallsPerRound = 4;
    private const string OtherCall = "getppid";
    private readonly Process _process;

    private SocketCalls(Process process) => _process = process;

    public int ProcessId => _process.Id;

    public static async Task<SocketCalls> StartAsync()
    {
        var process = Process.Start(new ProcessStartInfo("taskset", ["-c", $"{Nginx.Core}", Environment.ProcessPath!, Argument])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardOutput.ReadLineAsync(); // ready
        return new SocketCalls(process);
    }

    /// <summary>Nanoseconds a socket call.</summary>
    public Task<double> MeasureAsync() => MeasureAsync("");

    /// <summary>Nanoseconds of a call that does nearly nothing and is no socket call: getppid.</summary>
    public Task<double> MeasureOtherCallAsync() => MeasureAsync(OtherCall);

    private async Task<double> MeasureAsync(string what)
    {
        await _process.StandardInput.WriteLineAsync(what);
        return double.Parse((await _process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>The measured process: a figure for each line it is given.</summary>
    public static unsafe int Serve()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(listener.LocalEndPoint!);
        using var server = listener.Accept();
        server.NoDelay = true;
        int here = (int)client.Handle, there = (int)server.Handle;
        var request = "GET /x HTTP/1.1\r\nHost: 127.0.0.1:8098\r\n\r\n"u8;
        var head = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 10:11:57 GMT\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\n"u8;
        var body = "hello\n"u8;
        byte* buffer = stackalloc byte[1024];
        fixed (byte* requestAt = request, headAt = head, bodyAt = body)
        {
            var segments = stackalloc Segment[] { new() { At = headAt, Length = head.Length },
                new() { At = bodyAt, Length = body.Length } };
            Console.WriteLine("ready");
            while (Console.ReadLine() is { } what)
            {
                if (what == OtherCall)
                {
                    Console.WriteLine(LeastOfOtherCall().ToString(CultureInfo.InvariantCulture));
                    continue;
                }

                long least = long.MaxValue;
                for (int batch = 0; batch < Batches; batch++)
                {
                    long started = Stopwatch.GetTimestamp();
                    for (int round = 0; round < RoundsPerBatch; round++)
                    {
                        if (send(here, requestAt, request.Length, 0) < 0 || recv(there, buffer, 1024, 0) < 0
                            || writev(there, segments, 2) < 0 || recv(here, buffer, 1024, 0) < 0)
                            throw new InvalidOperationException($"a call failed: errno {Marshal.GetLastSystemError()}");
                    }

                    least = Math.Min(least, Stopwatch.GetTimestamp() - started);
                }

                Console.WriteLine((least * 1e9 / Stopwatch.Frequency / RoundsPerBatch / CallsPerRound)
                    .ToString(CultureInfo.InvariantCulture));
            }
        }

        return 0;
    }

    private static double LeastOfOtherCall()
    {
        long least = long.MaxValue;
        for (int batch = 0; batch < Batches; batch++)
        {
            long started = Stopwatch.GetTimestamp();
            for (int round = 0; round < RoundsPerBatch; round++) _ = getppid();
            least = Math.Min(least, Stopwatch.GetTimestamp() - started);
        }

        return least * 1e9 / Stopwatch.Frequency / RoundsPerBatch;
    }

    private unsafe struct Segment
    {
        public byte* At;
        public nint Length;
    }

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc")]
    private static unsafe partial nint send(int fd, byte* at, nint length, int flags);

    [LibraryImport("libc")]
    private static unsafe partial nint recv(int fd, byte* at, nint length, int flags);

    [LibraryImport("libc")]
    private static unsafe partial nint writev(int fd, Segment* segments, int count);
}
