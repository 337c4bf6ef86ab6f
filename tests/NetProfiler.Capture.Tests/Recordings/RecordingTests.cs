using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Tests.Support;
using NetProfiler.Capture.Recordings;
using NetProfiler.Capture.Replay;
using NetProfiler.Capture.Tests.Packets;

namespace NetProfiler.Capture.Tests.Recordings;

/// <summary>What was recorded is read again: all of it, or what is before a fault.</summary>
public class RecordingTests
{
    private const long Now = 5_000_000_000;
    private const long WallOffset = 1_700_000_000_000_000_000;

    [Fact]
    public async Task Every_field_of_every_event_comes_back()
    {
        byte[] file = await RecordAsync((events, recorder) =>
        {
            events.OnOpen(Opened(7) with { NetworkNamespace = 4026531840, UnixPath = "/run/app.sock"u8, Local = EndpointAddress.Unix,
                Remote = EndpointAddress.Unix });
            events.OnOpen(Opened(ulong.MaxValue)
                with { Local = EndpointAddress.IPv6([0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 443) });
            events.OnData(Moved(7, 3, "HTTP/1.1 200 OK\r\n") with
            {
                Direction = Direction.Egress, Call = SocketCall.SendMsg, Uncaptured = Uncaptured.Limited | Uncaptured.Skipped,
                StartNanoseconds = Now - 5, Offset = 10, Length = 4_000_000_000,
                IsContinued = true, RoundTripMicroseconds = 99, Retransmissions = 3,
            });
            events.OnData(Moved(7, 0, "GET ") with { ArrivedNanoseconds = Now - 30_000, ArrivedLength = 3 });
            events.OnTally(Told(7));
            events.OnDrop(7, "netfilter_drop", Now + 2);
            recorder.OnTime(Now + 50);
            events.OnData(Moved(7, uint.MaxValue, "") with { TimeNanoseconds = Now - 1000 }); // of a thread that was late
            events.OnEnd(7, Direction.Egress, Now + 60);
            events.OnClose(new SocketClose(7, Now + 70, IsHeld: true));
            events.OnProcessExit(4711, Now + 80);
            events.OnOwner(new SocketOwner { ProcessId = 12, ProcessName = "shop"u8, NetworkNamespace = 4026531840,
                Local = EndpointAddress.IPv4([0, 0, 0, 0], 80), Remote = null });
            events.OnOwner(new SocketOwner
            {
                ProcessId = 13, ProcessName = "curl"u8, NetworkNamespace = 4026531840, Local = EndpointAddress.IPv4([10, 0, 0, 2], 40_000),
                Remote = EndpointAddress.IPv4([10, 0, 0, 1], 80),
            });
            events.OnHost(4026531840, EndpointAddress.IPv4([10, 0, 0, 1], 0));
            events.OnTranslated(7, EndpointAddress.IPv4([10, 0, 0, 2], 40_000), EndpointAddress.IPv4([10, 0, 0, 3], 8080));
            recorder.OnClock(Now + 90, WallOffset + 5);
            recorder.OnSweep(Now + 100);
        });

        Assert.Equal(
        [
            $"clock {Now} {WallOffset}",
            $"time {Now}",
            "open 7 700 11 worker Server unix unix /run/app.sock True 4026531840",
            "open 18446744073709551615 18446744073709551516 11 worker Server [fd00::1]:443 10.0.0.2:40000  True 0",
            $"data 7 Egress SendMsg Skipped, Limited 11 {Now} {Now - 5} 3 4000000000 10 True 99 3 ***************\r\n",
            $"data 7 Ingress Read None 11 {Now} 0 0 4 0 False 0 0 GET  ready {Now - 30_000} 3",
            $"{Told(7)}",
            $"drop 7 netfilter_drop {Now + 2}",
            $"time {Now + 50}",
            $"data 7 Ingress Read None 11 {Now - 1000} 0 4294967295 0 0 False 0 0 ",
            $"end 7 Egress {Now + 60}",
            $"close 7 {Now + 70} True",
            $"exit 4711 {Now + 80}",
            "owner 12 shop 4026531840 0.0.0.0:80 ",
            "owner 13 curl 4026531840 10.0.0.2:40000 10.0.0.1:80",
            "host 4026531840 10.0.0.1:0",
            "translated 7 10.0.0.2:40000 10.0.0.3:8080",
            $"clock {Now + 90} {WallOffset + 5}",
            $"time {Now + 50}",
            $"sweep {Now + 100}",
        ], Told(file).Order);
    }

    [Fact]
    public void A_recording_from_before_arrivals_were_told_gives_what_it_gave()
    {
        var seen = Replayed.Of(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Recordings/files/without-arrivals.rec")));
        Assert.Null(seen.Fault);
        Assert.Equal(["GET /a 200", "GET /a 200", "GET /b 200", "GET /b 200"], seen.Lines);
    }

    [Fact]
    public async Task The_counters_of_the_kernel_side_are_told_at_the_end() =>
        Assert.Equal(1000 + (int)Counter.LostRingFull, Replayed.Of(await RecordAsync(Converse)).Count(Counter.LostRingFull));

    [Fact]
    public async Task A_recording_holds_no_secret_and_the_same_exchanges()
    {
        byte[] file = await RecordAsync(Converse);
        var seen = Replayed.Of(file);
        Assert.Equal(["POST /login?token=****** 200", "GET /b 200"], seen.Lines);
        Assert.Empty(seen.Losses);
        Assert.Null(seen.Fault);
        Assert.DoesNotContain("secret", Encoding.Latin1.GetString(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_cut_anywhere_gives_what_is_before_and_says_so()
    {
        byte[] file = await RecordAsync(Converse);
        int exchanges = 0;
        for (int length = 12; length < file.Length; length++)
        {
            var seen = Replayed.Of(file[..length]);
            Assert.NotNull(seen.Fault);
            Assert.StartsWith("ends ", seen.Fault, StringComparison.Ordinal);
            Assert.True(seen.Exchanges.Count >= exchanges, "a longer file has no fewer");
            exchanges = seen.Exchanges.Count;
        }

        Assert.Equal(2, exchanges);
    }

    [Fact]
    public async Task Spoilt_files_never_throw()
    {
        byte[] whole = await RecordAsync(Converse);
        for (int seed = 1; seed <= 5_000; seed++)
        {
            var random = new Random(seed);
            byte[] file = [.. whole];
            for (int i = random.Next(1, 20); i > 0; i--)
                file[random.Next(12, file.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : random.Next(2) * 255);
            try
            {
                _ = Replayed.Of(file[..random.Next(12, file.Length + 1)]);
            }
            catch (Exception failure)
            {
                Assert.Fail($"seed {seed}: {failure}");
            }
        }
    }

    [Fact]
    public async Task A_slow_file_costs_events_which_are_counted_and_show_as_a_gap()
    {
        var stream = new GatedStream();
        var recorder = new Recorder(stream, Now, WallOffset);
        var events = recorder.Before(new Nobody());
        events.OnOpen(Opened(1));
        string part = new('x', 60_000);
        uint at = 0;
        for (; recorder.LostEvents < 10; at += 60_000) events.OnData(Moved(1, at, part));
        Assert.Equal(600_000, recorder.LostBytes);
        stream.Open();
        while (recorder.LostEvents is var lost && Lost(lost)) await Task.Delay(1);
        await recorder.CompleteAsync(new Counters());
        await recorder.DisposeAsync();

        var source = EventSource.Open(new MemoryStream(stream.ToArray()), EndpointRole.Server);
        var log = new Log();
        while (source.Read(log))
        {
        }

        Assert.Null(source.Fault);
        Assert.Contains(("events lost, recording too slow", recorder.LostEvents), source.Losses);
        Assert.Contains(("bytes of these", recorder.LostBytes), source.Losses);

        bool Lost(long before)
        {
            events.OnData(Moved(1, at, part));
            at += 60_000;
            return recorder.LostEvents > before;
        }
    }

    [Fact]
    public async Task A_disk_that_is_full_is_told_and_holds_nobody_up()
    {
        await using var recorder = Recorder.Create("/dev/full", Now, WallOffset);
        await recorder.Broken.WaitAsync(TimeSpan.FromSeconds(20));
        Converse(recorder.Before(new Nobody()), recorder);
        await recorder.CompleteAsync(new Counters());
        Assert.Contains("No space left on device", recorder.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_allocates_nothing()
    {
        await using var recorder = new Recorder(Stream.Null, Now, WallOffset);
        var events = recorder.Before(new Nobody());
        events.OnOpen(Opened(1));
        for (int i = 0; i < 200; i++) Move();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++) Move(); // less than a buffer: a new one is no event's
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);

        void Move() => events.OnData(new SocketData
        {
            Connection = 1, Direction = Direction.Ingress, Call = SocketCall.Read, Uncaptured = Uncaptured.None, ProcessId = 1,
            TimeNanoseconds = Now, StartNanoseconds = 0,
            Position = 0, Length = 10, Offset = 0, Bytes = "0123456789"u8,
        });
    }

    [Fact]
    public async Task Only_its_owner_may_read_it_even_where_there_was_a_file()
    {
        string path = Path.GetTempFileName();
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        await using (var recorder = Recorder.Create(path, Now, WallOffset)) await recorder.CompleteAsync(new Counters());
        if (OperatingSystem.IsLinux()) Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(path));
        File.Delete(path);
    }

    private static async Task<byte[]> RecordAsync(Action<ISocketEventHandler, Recorder> tell)
    {
        var stream = new MemoryStream();
        await using (var recorder = new Recorder(stream, Now, WallOffset))
        {
            tell(recorder.Before(new Nobody()), recorder);
            await recorder.CompleteAsync(new Counters());
        }

        return stream.ToArray();
    }

    private static void Converse(ISocketEventHandler events, Recorder recorder)
    {
        string login = Http.Post("/login?token=secret", "password=secret"), next = Http.Get("/b");
        events.OnOpen(Opened(1));
        events.OnData(Moved(1, 0, login));
        recorder.OnTime(Now + 1);
        events.OnData(Moved(1, 0, Http.Ok) with { Direction = Direction.Egress });
        recorder.OnClock(Now + 2, WallOffset);
        events.OnData(Moved(1, (uint)login.Length, next));
        events.OnData(Moved(1, (uint)Http.Ok.Length, Http.Ok) with { Direction = Direction.Egress });
        events.OnClose(new SocketClose(1, Now + 3, IsHeld: false));
    }

    private static SocketOpen Opened(ulong connection) => new()
    {
        Connection = connection, Socket = connection * 100 % ulong.MaxValue, ProcessId = 11, ProcessName = "worker"u8,
        Role = EndpointRole.Server, FromStart = true,
        Local = EndpointAddress.IPv4([10, 0, 0, 1], 80), Remote = EndpointAddress.IPv4([10, 0, 0, 2], 40_000),
    };

    private static SocketTally Told(ulong connection) => new()
    {
        Connection = connection, TimeNanoseconds = Now + 1, End = ConnectionEnd.ResetSent, SetupNanoseconds = 2, ReadCalls = uint.MaxValue,
        WriteCalls = 4, ReadBytes = 5, WriteBytes = long.MaxValue,
        ReadNanoseconds = 7, WriteNanoseconds = 8, RoundTripMicroseconds = 9, Retransmissions = 10, ZeroWindows = 11,
        SendBufferNanoseconds = 12, PeerWindowNanoseconds = 13,
    };

    private static SocketData Moved(ulong connection, uint position, string text) => new()
    {
        Connection = connection, Direction = Direction.Ingress, Call = SocketCall.Read, Uncaptured = Uncaptured.None, ProcessId = 11,
        TimeNanoseconds = Now, StartNanoseconds = 0, Position = position, Length = (uint)text.Length, Offset = 0,
        Bytes = Encoding.Latin1.GetBytes(text),
    };

    private static Log Told(byte[] file)
    {
        var log = new Log();
        var source = EventSource.Open(new MemoryStream(file), EndpointRole.Server);
        while (source.Read(log))
        {
        }

        Assert.Null(source.Fault);
        return log;
    }

    private sealed class Counters : ICaptureCounters
    {
        public long Read(Counter counter) => 1000 + (int)counter;
    }

    private class Nobody : ISocketEventHandler
    {
        public void OnOpen(in SocketOpen open)
        {
        }

        public void OnData(in SocketData data)
        {
        }

        public void OnEnd(ulong connection, Direction direction, long timeNanoseconds)
        {
        }

        public void OnClose(in SocketClose close)
        {
        }

        public void OnTally(in SocketTally tally)
        {
        }

        public void OnDrop(ulong connection, string reason, long timeNanoseconds)
        {
        }

        public void OnProcessExit(int processId, long timeNanoseconds)
        {
        }

        public void OnOwner(in SocketOwner owner)
        {
        }

        public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote)
        {
        }

        public void OnStream(in SocketStream stream)
        {
        }

        public void OnStreamEnd(in SocketStreamEnd end)
        {
        }

        public void OnHost(uint networkNamespace, EndpointAddress address)
        {
        }
    }

    /// <summary>Everything that it is told, in words.</summary>
    private sealed class Log : IReplayHandler
    {
        public List<string> Order { get; } = [];

        public void OnOpen(in SocketOpen open) => Order.Add(
            $"open {open.Connection} {open.Socket} {open.ProcessId} {Encoding.UTF8.GetString(open.ProcessName)} {open.Role} {open.Local} "
                + $"{open.Remote} {Encoding.UTF8.GetString(open.UnixPath)} {open.FromStart} {open.NetworkNamespace}");

        public void OnData(in SocketData data) => Order.Add(
            $"data {data.Connection} {data.Direction} {data.Call} {data.Uncaptured} {data.ProcessId} {data.TimeNanoseconds} "
                + $"{data.StartNanoseconds} {data.Position} {data.Length} " +
            $"{data.Offset} {data.IsContinued} {data.RoundTripMicroseconds} {data.Retransmissions} "
                + $"{Encoding.Latin1.GetString(data.Bytes)}" +
            (data.ArrivedNanoseconds == 0 ? "" : $" ready {data.ArrivedNanoseconds} {data.ArrivedLength}"));

        public void OnTally(in SocketTally tally) => Order.Add($"{tally}");

        public void OnDrop(ulong connection, string reason, long timeNanoseconds) =>
            Order.Add($"drop {connection} {reason} {timeNanoseconds}");

        public void OnEnd(ulong connection, Direction direction, long timeNanoseconds) =>
            Order.Add($"end {connection} {direction} {timeNanoseconds}");

        public void OnClose(in SocketClose close) => Order.Add($"close {close.Connection} {close.TimeNanoseconds} {close.IsHeld}");

        public void OnProcessExit(int processId, long timeNanoseconds) => Order.Add($"exit {processId} {timeNanoseconds}");

        public void OnOwner(in SocketOwner owner) =>
            Order.Add($"owner {owner.ProcessId} {Encoding.UTF8.GetString(owner.ProcessName)} {owner.NetworkNamespace} {owner.Local} "
                + $"{owner.Remote}");

        public void OnStream(in SocketStream stream) => Order.Add($"stream {stream.Connection} on {stream.Carrier}");

        public void OnStreamEnd(in SocketStreamEnd end) => Order.Add($"stream end {end.Connection}");

        public void OnHost(uint networkNamespace, EndpointAddress address) => Order.Add($"host {networkNamespace} {address}");

        public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote) =>
            Order.Add($"translated {connection} {local} {remote}");

        public void OnTime(long nowNanoseconds) => Order.Add($"time {nowNanoseconds}");

        public void OnClock(long nowNanoseconds, long wallOffsetNanoseconds) =>
            Order.Add($"clock {nowNanoseconds} {wallOffsetNanoseconds}");

        public void OnSweep(long nowNanoseconds) => Order.Add($"sweep {nowNanoseconds}");
    }

    /// <summary>A disk that is busy until it is opened.</summary>
    private sealed class GatedStream : MemoryStream
    {
        private readonly ManualResetEventSlim _gate = new();

        public void Open() => _gate.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _gate.Wait(TimeSpan.FromSeconds(20));
            base.Write(buffer);
        }
    }
}
