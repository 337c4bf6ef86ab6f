using System.Text;
using NetProfiler.Analysis;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Node.Output;
using NetProfiler.Node.Run;

namespace NetProfiler.Node.Report;

/// <summary>
/// Sends a made-up conversation through everything that an exchange meets, before anything is attached: methods are compiled on
/// first use, some hundred of them, and the first real ones would fill the ring meanwhile. What it counted is thrown away.
/// </summary>
internal static class WarmUp
{
    private const string Fields = "Host: warm-up\r\nUser-Agent: netprofiler\r\nCookie: a=b\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";

    public static async Task RunAsync(ReportSettings settings)
    {
        await using var lines = new LineOutput(Stream.Null, isPatient: false);
        using var printer = new ExchangePrinter(lines, settings.Redactor);
        var observer = new ExchangeObserver(settings, printer, outlets: null);
        var pipeline = new ExchangePipeline(observer, NoKernel.Instance, new CaptureStatistics());
        observer.Observe(pipeline);
        pipeline.Hold(observer.Tasks.Holding);
        observer.SetWallOffset(0);
        Converse(pipeline, 1, EndpointAddress.IPv4([127, 0, 0, 1], 80), EndpointAddress.IPv4([127, 0, 0, 1], 40_000), Direction.Ingress);
        Converse(pipeline, 2, EndpointAddress.IPv4([127, 0, 0, 1], 40_000), EndpointAddress.IPv4([127, 0, 0, 1], 80), Direction.Egress);
        Converse(pipeline, 3, EndpointAddress.Unix, EndpointAddress.Unix, Direction.Ingress);
        pipeline.Finish();
        observer.Flush();
    }

    private static void Converse(ExchangePipeline pipeline, ulong connection, EndpointAddress local, EndpointAddress remote, Direction requests)
    {
        Span<uint> positions = [0, 0];
        long time = 1_000_000;
        pipeline.OnOpen(new SocketOpen { Connection = connection, ProcessId = 1, ProcessName = "warm-up"u8, Local = local, Remote = remote, FromStart = true });
        foreach (var (isRequest, text) in Script())
        {
            var direction = isRequest ? requests : requests ^ Direction.Egress;
            byte[] bytes = Encoding.ASCII.GetBytes(text);
            time += 600_000_000; // slow enough to be a sample
            pipeline.OnData(new SocketData
            {
                Connection = connection,
                Direction = direction,
                Call = SocketCall.Write,
                Uncaptured = Uncaptured.None,
                ProcessId = 1,
                TimeNanoseconds = time,
                StartNanoseconds = time - 1,
                Position = positions[(int)direction],
                Length = (uint)bytes.Length,
                Offset = 0,
                Bytes = bytes,
            });
            positions[(int)direction] += (uint)bytes.Length;
        }

        pipeline.OnEnd(connection, requests ^ Direction.Egress, time);
        pipeline.OnClose(new SocketClose(connection, time, IsHeld: false));
        pipeline.Advance(long.MaxValue);
    }

    private static IEnumerable<(bool IsRequest, string Text)> Script()
    {
        yield return (true, $"GET /warm-up?token=none HTTP/1.1\r\n{Fields}\r\n");
        yield return (false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        yield return (true, $"POST /warm-up HTTP/1.1\r\n{Fields}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        yield return (true, "0\r\n\r\n");
        yield return (false, "HTTP/1.1 404 Not Fou");
        yield return (false, "nd\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n");
        yield return (true, $"HEAD /warm-up HTTP/1.1\r\n{Fields}\r\n");
        yield return (false, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 Internal Server Error\r\nContent-Length: 9\r\n\r\n");
        yield return (true, $"GET /warm-up HTTP/1.0\r\n{Fields}\r\n");
        yield return (false, "HTTP/1.0 200 OK\r\n\r\nuntil the end");
    }
}
