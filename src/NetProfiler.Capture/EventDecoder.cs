using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetProfiler.Analysis.Connections;
using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>From a record of the kernel side to the event that analysis speaks of.</summary>
internal readonly struct EventDecoder(ISocketEventHandler handler) : IRecordHandler
{
    private const int Unix = 1;
    private const int InterNetworkV6 = 10;

    public void Accept(ReadOnlySpan<byte> record)
    {
        ref readonly var header = ref MemoryMarshal.AsRef<RecordHeader>(record);
        switch (header.type)
        {
            case RecordType.Data:
                Data(MemoryMarshal.AsRef<DataRecord>(record), record[Unsafe.SizeOf<DataRecord>()..]);
                break;
            case RecordType.Open:
                Open(MemoryMarshal.AsRef<OpenRecord>(record));
                break;
            case RecordType.End:
                handler.OnEnd(header.connection, (Direction)header.direction, (long)header.time_ns);
                break;
            case RecordType.Close:
                handler.OnClose(header.connection, (long)header.time_ns, ((EndFlags)header.flags).HasFlag(EndFlags.Held));
                break;
            case RecordType.Exit:
                handler.OnProcessExit((int)header.tgid, (long)header.time_ns);
                break;
        }
    }

    private void Data(in DataRecord record, ReadOnlySpan<byte> bytes) => handler.OnData(new SocketData
    {
        Connection = record.header.connection,
        Direction = (Direction)record.header.direction,
        Call = (SocketCall)record.header.call,
        Uncaptured = (Uncaptured)(record.header.flags & ~(byte)PartFlags.Continued),
        IsContinued = ((PartFlags)record.header.flags).HasFlag(PartFlags.Continued),
        ProcessId = (int)record.header.tgid,
        TimeNanoseconds = (long)record.header.time_ns,
        StartNanoseconds = (long)record.start_ns,
        Position = record.position,
        Length = record.length,
        Offset = record.offset,
        Bytes = bytes[..(int)record.captured],
        RoundTripMicroseconds = record.srtt_us,
        Retransmissions = record.retransmissions,
    });

    private void Open(in OpenRecord record)
    {
        var flags = (OpenFlags)record.header.flags;
        handler.OnOpen(new SocketOpen
        {
            Connection = record.header.connection,
            Socket = record.socket,
            ProcessId = (int)record.header.tgid,
            ProcessName = UntilZero(record.comm),
            Local = Address(record.family, record.local_address, record.local_port),
            Remote = Address(record.family, record.remote_address, record.remote_port),
            Cgroup = record.cgroup,
            NetworkNamespace = record.netns,
            UnixPath = UntilZero(record.path),
            Role = (EndpointRole)record.role,
            FromStart = flags.HasFlag(OpenFlags.FromStart),
        });
    }

    private static EndpointAddress Address(ushort family, ReadOnlySpan<byte> address, ushort port) => family switch
    {
        Unix => EndpointAddress.Unix,
        InterNetworkV6 => EndpointAddress.IPv6(address, port),
        _ => EndpointAddress.IPv4(address, port),
    };

    private static ReadOnlySpan<byte> UntilZero(ReadOnlySpan<byte> text)
    {
        int zero = text.IndexOf((byte)0);
        return zero < 0 ? text : text[..zero];
    }
}
