using System.Diagnostics;
using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture;
using NetProfiler.Capture.Recordings;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Benchmarks;

/// <summary>A recording of 1 GB, made of the same few exchanges, replayed: its speed, and the most memory that it took.</summary>
internal sealed class ReplayOfOneGigabyte : ISocketEventHandler, ICaptureCounters
{
    private const long FileBytes = 1_000_000_000;
    private const int MaxResidentMegabytes = 150;
    private const int ExchangesPerConnection = 100;

    /// <summary>What may wait for the file: less than what the recorder has room for.</summary>
    private const long MaxAheadBytes = 32_000_000;

    private static readonly byte[] Request =
        Encoding.ASCII.GetBytes("GET /cart?id=1 HTTP/1.1\r\nHost: example\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n"
        + string.Concat(Enumerable.Range(0, 10).Select(i => $"X-Field-{i}: some value of usual length\r\n")) + "\r\n");
    private static readonly byte[] Response =
        Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2000\r\n\r\n" + new string('x', 2000));

    /// <summary>False: it took more memory than it may.</summary>
    public static async Task<bool> RunAsync(string agentPath)
    {
        string path = Path.Combine(Path.GetTempPath(), $"netprofiler-bench-{Environment.ProcessId}.rec");
        try
        {
            var writing = Stopwatch.StartNew();
            long exchanges = await new ReplayOfOneGigabyte().WriteAsync(path);
            double writeSeconds = writing.Elapsed.TotalSeconds;
            long bytes = new FileInfo(path).Length;

            var time = Stopwatch.StartNew();
            using var replay = Process.Start(new ProcessStartInfo(agentPath,
                ["replay", path, "--output", "none"]) { RedirectStandardError = true })!;
            var said = replay.StandardError.ReadToEndAsync();
            double most = 0;
            while (!replay.WaitForExit(50)) most = double.Max(most, ResidentMegabytes(replay.Id));
            string summary = await said;
            if (replay.ExitCode != 0 || !summary.Contains($"netprofiler: {exchanges} exchanges", StringComparison.Ordinal))
                throw new InvalidOperationException(summary);

            Console.WriteLine($"replay of a recording of {bytes / 1e9:F2} GB, {exchanges} exchanges (written, masked, in "
                + $"{writeSeconds:F1} s)");
            Console.WriteLine($"  {bytes / 1e6 / time.Elapsed.TotalSeconds:F0} MB/s, {exchanges / time.Elapsed.TotalSeconds:F0} "
                + $"exchanges/s, at most {most:F0} MB resident (bound: {MaxResidentMegabytes})");
            return most < MaxResidentMegabytes;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<long> WriteAsync(string path)
    {
        await using var recorder = Recorder.Create(path, 1, 1_700_000_000_000_000_000);
        var events = recorder.Before(this);
        long exchanges = 0, now = 1;
        for (ulong connection = 1; exchanges * (Request.Length + Response.Length) < FileBytes; connection++)
        {
            events.OnOpen(new SocketOpen
            {
                Connection = connection, ProcessId = 1, ProcessName = "server"u8, FromStart = true,
                Local = EndpointAddress.IPv4([10, 0, 0, 1], 80),
                Remote = EndpointAddress.IPv4([10, 0, (byte)(connection >> 8), (byte)connection], 40_000),
            });
            for (uint i = 0; i < ExchangesPerConnection; i++, exchanges++)
            {
                Move(events, connection, Direction.Ingress, Request, i, ++now);
                Move(events, connection, Direction.Egress, Response, i, now += 1000);
            }

            events.OnClose(new SocketClose(connection, ++now, IsHeld: false));
            recorder.OnTime(now);
            while (exchanges * (Request.Length + Response.Length) - new FileInfo(path).Length > MaxAheadBytes) await Task.Delay(1);
        }

        await recorder.CompleteAsync(this);
        if (recorder.LostEvents > 0) throw new InvalidOperationException($"{recorder.LostEvents} events lost while writing");
        return exchanges;
    }

    private static void Move(ISocketEventHandler events, ulong connection, Direction direction, byte[] bytes, uint index, long now) =>
        events.OnData(new SocketData
    {
        Connection = connection, Direction = direction, Call = SocketCall.Read, Uncaptured = Uncaptured.None, ProcessId = 1,
        TimeNanoseconds = now, StartNanoseconds = 0, Position = index * (uint)bytes.Length, Length = (uint)bytes.Length, Offset = 0,
        Bytes = bytes,
    });

    private static double ResidentMegabytes(int process)
    {
        try
        {
            return ProcFigures.Megabytes(process, "VmHWM");
        }
        catch (Exception failure) when (failure is IOException or FormatException)
        {
            return 0; // it just ended
        }
    }

    long ICaptureCounters.Read(Counter counter) => 0;

    void ISocketEventHandler.OnOpen(in SocketOpen open)
    {
    }

    void ISocketEventHandler.OnData(in SocketData data)
    {
    }

    void ISocketEventHandler.OnEnd(ulong connection, Direction direction, long timeNanoseconds)
    {
    }

    void ISocketEventHandler.OnClose(in SocketClose close)
    {
    }

    void ISocketEventHandler.OnTally(in SocketTally tally)
    {
    }

    void ISocketEventHandler.OnDrop(ulong connection, string reason, long timeNanoseconds)
    {
    }

    void ISocketEventHandler.OnProcessExit(int processId, long timeNanoseconds)
    {
    }

    void ISocketEventHandler.OnOwner(in SocketOwner owner)
    {
    }

    void ISocketEventHandler.OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote)
    {
    }

    void ISocketEventHandler.OnStream(in SocketStream stream)
    {
    }

    void ISocketEventHandler.OnStreamEnd(in SocketStreamEnd end)
    {
    }

    void ISocketEventHandler.OnHost(uint networkNamespace, EndpointAddress address)
    {
    }
}
