using System.Buffers.Binary;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Recordings;

/// <summary>Appends events as records to a buffer. Independent of files and threads.</summary>
/// <remarks>
/// Every record is preceded by its length, in four bytes that are filled in when it is complete. Times are differences to the time in the
/// buffer's first record, so a lost buffer does not affect the next one.
/// </remarks>
internal sealed class RecordWriter
{
    /// <summary>Maximum size of a record without its captured bytes.</summary>
    public const int OverheadBytes = 512;

    private const int LengthBytes = 4;

    /// <summary>More than the length of the kernel's names and paths.</summary>
    private const int MaxTextBytes = 128;

    private byte[] _buffer = [];
    private long _timeNanoseconds;

    public int Length { get; private set; }

    public bool HasRoomFor(int capturedBytes) => _buffer.Length - Length >= capturedBytes + OverheadBytes;

    /// <summary>Sets the buffer to write to.</summary>
    public void Use(byte[] buffer)
    {
        _buffer = buffer;
        Length = 0;
    }

    public void Header(long nowNanoseconds, long wallOffsetNanoseconds, ReadOnlySpan<byte> program, ReadOnlySpan<byte> kernel)
    {
        var record = Begin(RecordKind.Header);
        record.Signed(nowNanoseconds);
        record.Signed(wallOffsetNanoseconds);
        record.Text(program);
        record.Text(kernel);
        End(record);
    }

    public void Open(in SocketOpen open)
    {
        var record = Begin(RecordKind.Open);
        record.Number(open.Connection);
        record.Number(open.Socket);
        record.Number((uint)open.ProcessId);
        record.Byte((byte)open.Role);
        record.Byte((byte)((open.FromStart ? OpenBits.FromStart : OpenBits.None) | (OpenBits)((byte)open.Quiet << 1)));
        record.Address(open.Local);
        record.Address(open.Remote);
        record.Text(AtMost(open.ProcessName));
        record.Text(AtMost(open.UnixPath));
        record.Number(open.NetworkNamespace);
        End(record);
    }

    public void Owner(in SocketOwner owner)
    {
        var record = Begin(RecordKind.Owner);
        record.Number((uint)owner.ProcessId);
        record.Number(owner.NetworkNamespace);
        record.Text(AtMost(owner.ProcessName));
        record.Address(owner.Local);
        record.Byte(owner.Remote is null ? (byte)0 : (byte)1);
        if (owner.Remote is { } remote) record.Address(remote);
        End(record);
    }

    public void Host(uint networkNamespace, EndpointAddress address)
    {
        var record = Begin(RecordKind.Host);
        record.Number(networkNamespace);
        record.Address(address);
        End(record);
    }

    public void Translated(ulong connection, EndpointAddress local, EndpointAddress remote)
    {
        var record = Begin(RecordKind.Translated);
        record.Number(connection);
        record.Address(local);
        record.Address(remote);
        End(record);
    }

    public void Data(in SocketData data)
    {
        if (data.ArrivedNanoseconds != 0) Arrival(data);
        var record = Begin(RecordKind.Data);
        record.Number(data.Connection);
        record.Byte((byte)((data.Direction == Direction.Egress ? DataBits.Egress : 0) | (data.IsContinued ? DataBits.Continued
            : 0) | (data.HasOpposite ? DataBits.Opposite : 0)));
        record.Byte((byte)data.Call);
        record.Byte((byte)data.Uncaptured);
        record.Number((uint)data.ProcessId);
        Time(ref record, data.TimeNanoseconds);
        record.Number(data.StartNanoseconds == 0 ? 0 : 1 + (ulong)long.Max(0, data.TimeNanoseconds - data.StartNanoseconds));
        record.Number(data.Position);
        record.Number(data.Length);
        record.Number(data.Offset);
        record.Number(data.RoundTripMicroseconds);
        record.Number(data.Retransmissions);
        if (data.HasOpposite)
        {
            record.Number(data.OppositeTaken);
            record.Number(unchecked(data.OppositeThere - data.OppositeTaken));
        }

        record.Bytes(data.Bytes);
        End(record);
    }

    private void Arrival(in SocketData data)
    {
        var record = Begin(RecordKind.Arrival);
        record.Number((ulong)long.Max(0, data.TimeNanoseconds - data.ArrivedNanoseconds));
        record.Number(data.ArrivedLength);
        End(record);
    }

    public void Tally(in SocketTally tally)
    {
        var record = Begin(RecordKind.Tally);
        record.Number(tally.Connection);
        record.Byte((byte)tally.End);
        Time(ref record, tally.TimeNanoseconds);
        record.Number((ulong)tally.SetupNanoseconds);
        record.Number(tally.ReadCalls);
        record.Number(tally.WriteCalls);
        record.Number((ulong)tally.ReadBytes);
        record.Number((ulong)tally.WriteBytes);
        record.Number((ulong)tally.ReadNanoseconds);
        record.Number((ulong)tally.WriteNanoseconds);
        record.Number(tally.RoundTripMicroseconds);
        record.Number(tally.Retransmissions);
        record.Number(tally.ZeroWindows);
        record.Number((ulong)tally.SendBufferNanoseconds);
        record.Number((ulong)tally.PeerWindowNanoseconds);
        End(record);
    }

    public void Drop(ulong connection, string reason, long timeNanoseconds)
    {
        var record = Begin(RecordKind.Drop);
        record.Number(connection);
        Time(ref record, timeNanoseconds);
        record.Text(AtMost(System.Text.Encoding.UTF8.GetBytes(reason)));
        End(record);
    }

    public void End(ulong connection, Direction direction, long timeNanoseconds)
    {
        var record = Begin(RecordKind.End);
        record.Number(connection);
        record.Byte((byte)direction);
        Time(ref record, timeNanoseconds);
        End(record);
    }

    public void Close(in SocketClose close)
    {
        var record = Begin(RecordKind.Close);
        record.Number(close.Connection);
        record.Byte(close.IsHeld ? (byte)1 : (byte)0);
        Time(ref record, close.TimeNanoseconds);
        record.Byte((byte)close.End);
        End(record);
    }

    public void Stream(in SocketStream stream)
    {
        var record = Begin(RecordKind.Stream);
        record.Number(stream.Connection);
        record.Number(stream.Carrier);
        record.Number((uint)stream.ProcessId);
        record.Byte(stream.FromStart ? (byte)1 : (byte)0);
        Time(ref record, stream.TimeNanoseconds);
        record.Text(AtMost(System.Text.Encoding.UTF8.GetBytes(stream.Tls.Version ?? "")));
        record.Text(AtMost(System.Text.Encoding.UTF8.GetBytes(stream.Tls.Library)));
        End(record);
    }

    public void StreamEnd(in SocketStreamEnd end)
    {
        var record = Begin(RecordKind.StreamEnd);
        record.Number(end.Connection);
        record.Byte(end.IsLost ? (byte)1 : (byte)0);
        Time(ref record, end.TimeNanoseconds);
        record.Number(end.IngressPosition);
        record.Number(end.EgressPosition);
        End(record);
    }

    public void ProcessExit(int processId, long timeNanoseconds)
    {
        var record = Begin(RecordKind.ProcessExit);
        record.Number((uint)processId);
        Time(ref record, timeNanoseconds);
        End(record);
    }

    /// <summary>Writes an absolute time, to which the following times are relative.</summary>
    public void Time(long nowNanoseconds)
    {
        var record = Begin(RecordKind.Time);
        record.Signed(nowNanoseconds);
        End(record);
        _timeNanoseconds = nowNanoseconds;
    }

    public void Clock(long nowNanoseconds, long wallOffsetNanoseconds)
    {
        var record = Begin(RecordKind.Clock);
        Time(ref record, nowNanoseconds);
        record.Signed(wallOffsetNanoseconds);
        End(record);
    }

    public void Gone(ulong connection)
    {
        var record = Begin(RecordKind.Gone);
        record.Number(connection);
        End(record);
    }

    public void Sweep(long nowNanoseconds)
    {
        var record = Begin(RecordKind.Sweep);
        Time(ref record, nowNanoseconds);
        End(record);
    }

    public void Lost(long events, long bytes)
    {
        var record = Begin(RecordKind.Lost);
        record.Number((ulong)events);
        record.Number((ulong)bytes);
        End(record);
    }

    public void Counters(Replay.ICaptureCounters counters)
    {
        var record = Begin(RecordKind.Counters);
        foreach (var counter in Enum.GetValues<Counter>())
        {
            record.Number((ulong)counter);
            record.Number((ulong)long.Max(0, counters.Read(counter)));
        }

        End(record);
    }

    public void Finish() => End(Begin(RecordKind.Finish));

    private static ReadOnlySpan<byte> AtMost(ReadOnlySpan<byte> text) => text[..int.Min(text.Length, MaxTextBytes)];

    private RecordEncoder Begin(RecordKind kind)
    {
        var record = new RecordEncoder(_buffer.AsSpan(Length + LengthBytes));
        record.Byte((byte)kind);
        return record;
    }

    private void End(in RecordEncoder record)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(Length), record.Length);
        Length += LengthBytes + record.Length;
    }

    private void Time(ref RecordEncoder record, long nanoseconds)
    {
        record.Signed(nanoseconds - _timeNanoseconds);
        _timeNanoseconds = nanoseconds;
    }
}
