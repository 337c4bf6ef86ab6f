using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Abi;
using NetProfiler.Capture.Sockets;
using NetProfiler.Capture.Tls;

namespace NetProfiler.Capture;

/// <summary>Converts a record of the kernel side to an event.</summary>
/// <param name="quiet">The connections that were idle after attaching.</param>
/// <param name="staged">The receives in progress, by thread.</param>
/// <param name="tls">Null if TLS is not read.</param>
internal readonly struct EventDecoder(ISocketEventHandler handler, QuietConnections quiet, StagedReceives staged, TlsProbes? tls)
    : IRecordHandler
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
            case RecordType.Staged:
                ref readonly var piece = ref MemoryMarshal.AsRef<DataRecord>(record);
                staged.Add(piece, record[Unsafe.SizeOf<DataRecord>()..][..(int)piece.captured]);
                break;
            case RecordType.Open:
                Open(MemoryMarshal.AsRef<OpenRecord>(record));
                break;
            case RecordType.End:
                handler.OnEnd(header.connection, (Direction)header.direction, (long)header.time_ns);
                break;
            case RecordType.Close:
                var end = (ConnectionEnd)header.call;
                ref readonly var tally = ref MemoryMarshal.AsRef<CloseRecord>(record).tally;
                if (end != ConnectionEnd.None || tally.latest_ns != 0)
                    handler.OnTally(Tally(header.connection, (long)header.time_ns, end, tally));
                handler.OnClose(new SocketClose(header.connection, (long)header.time_ns,
                    ((EndFlags)header.flags).HasFlag(EndFlags.Held), end));
                break;
            case RecordType.Drop:
                handler.OnDrop(header.connection, DropReasons.NameOf(MemoryMarshal.AsRef<DropRecord>(record).reason), (long)header.time_ns);
                break;
            case RecordType.Exit:
                tls?.OnExit((int)header.tgid);
                handler.OnProcessExit((int)header.tgid, (long)header.time_ns);
                break;
            case RecordType.Stream:
                Stream(MemoryMarshal.AsRef<StreamRecord>(record));
                break;
            case RecordType.StreamEnd:
                ref readonly var stop = ref MemoryMarshal.AsRef<StreamEndRecord>(record);
                bool isLost = ((StreamEndFlags)header.flags).HasFlag(StreamEndFlags.Lost);
                handler.OnStreamEnd(new SocketStreamEnd(header.connection, (long)header.time_ns, isLost, stop.position_ingress,
                    stop.position_egress));
                break;
            case RecordType.Process:
                tls?.OnProgram((int)header.tgid);
                break;
            case RecordType.Owner:
                Owner(MemoryMarshal.AsRef<OwnerRecord>(record));
                break;
        }
    }

    private void Stream(in StreamRecord record) => handler.OnStream(new SocketStream
    {
        Connection = record.header.connection,
        Carrier = record.carrier,
        ProcessId = (int)record.header.tgid,
        TimeNanoseconds = (long)record.header.time_ns,
        FromStart = ((StreamFlags)record.header.flags).HasFlag(StreamFlags.FromStart),
        Tls = tls!.SessionOf(record.library, record.version),
    });

    private void Owner(in OwnerRecord record) => handler.OnOwner(new SocketOwner
    {
        ProcessId = (int)record.header.tgid,
        ProcessName = UntilZero(record.comm),
        Cgroup = record.cgroup,
        NetworkNamespace = record.netns,
        Local = Address(record.family, record.local_address, record.local_port),
        Remote = record.is_listening != 0 ? null : Address(record.family, record.remote_address, record.remote_port),
    });

    private void Data(in DataRecord record, ReadOnlySpan<byte> bytes)
    {
        if (record.staged_by != 0) DataStaged(record);
        else Submit(record, bytes);
    }

    // Each piece is an event, like the parts of a large call.
    private void DataStaged(in DataRecord record)
    {
        if (staged.Find(record.staged_by) is not { } receive) return; // a gap
        for (int i = 0; i < receive.Pieces; i++)
        {
            var piece = receive[i];
            if (piece.Position >= record.length) break;
            var part = record;
            part.position = record.position + piece.Position;
            part.length = uint.Min(piece.Length, record.length - piece.Position);
            part.offset = piece.Offset;
            part.captured = uint.Min((uint)piece.Count, part.length - uint.Min(piece.Offset, part.length));
            part.arrived_length -= uint.Min(piece.Position, part.arrived_length);
            part.header.flags |= (byte)(piece.Flags | (i > 0 ? (byte)PartFlags.Continued : 0));
            Submit(part, receive.BytesOf(piece));
        }

        staged.Release(receive);
    }

    private void Submit(in DataRecord record, ReadOnlySpan<byte> bytes) => handler.OnData(new SocketData
    {
        Connection = record.header.connection,
        Direction = (Direction)record.header.direction,
        Call = (SocketCall)record.header.call,
        Uncaptured = (Uncaptured)(record.header.flags & ~(byte)(PartFlags.Continued | PartFlags.Opposite)),
        IsContinued = ((PartFlags)record.header.flags).HasFlag(PartFlags.Continued),
        HasOpposite = ((PartFlags)record.header.flags).HasFlag(PartFlags.Opposite),
        OppositeTaken = record.opposite_taken,
        OppositeThere = record.opposite_there,
        ProcessId = (int)record.header.tgid,
        TimeNanoseconds = (long)record.header.time_ns,
        StartNanoseconds = record.header.direction == (byte)Direction.Egress ? (long)record.began_ns : 0,
        ArrivedNanoseconds = record.header.direction == (byte)Direction.Ingress ? (long)record.began_ns : 0,
        ArrivedLength = record.arrived_length,
        Position = record.position,
        Length = record.length,
        Offset = record.offset,
        Bytes = bytes[..(int)record.captured],
        RoundTripMicroseconds = record.srtt_us,
        Retransmissions = record.retransmissions,
    });

    /// <summary>Converts the kernel side's counters of a connection.</summary>
    public static SocketTally Tally(ulong connection, long timeNanoseconds, ConnectionEnd end, in TallyRecord tally) => new()
    {
        Connection = connection,
        TimeNanoseconds = timeNanoseconds,
        End = end,
        SetupNanoseconds = (long)tally.setup_ns,
        ReadCalls = tally.calls_ingress,
        WriteCalls = tally.calls_egress,
        ReadBytes = (long)tally.bytes_ingress,
        WriteBytes = (long)tally.bytes_egress,
        ReadNanoseconds = (long)tally.time_ns_ingress,
        WriteNanoseconds = (long)tally.time_ns_egress,
        RoundTripMicroseconds = tally.srtt_us,
        Retransmissions = tally.retransmissions,
        ZeroWindows = tally.zero_windows,
        SendBufferNanoseconds = tally.sndbuf_limited * MonotonicClock.TickNanoseconds,
        PeerWindowNanoseconds = tally.rwnd_limited * MonotonicClock.TickNanoseconds,
    };

    private void Open(in OpenRecord record)
    {
        var flags = (OpenFlags)record.header.flags;
        bool isFromStart = flags.HasFlag(OpenFlags.FromStart);
        tls?.OnConnection((int)record.header.tgid);
        var (local, remote) = (Address(record.family, record.local_address, record.local_port),
            Address(record.family, record.remote_address, record.remote_port));
        handler.OnOpen(new SocketOpen
        {
            Connection = record.header.connection,
            Socket = record.socket,
            ProcessId = (int)record.header.tgid,
            TimeNanoseconds = (long)record.header.time_ns,
            ProcessName = UntilZero(record.comm),
            Local = local,
            Remote = remote,
            Cgroup = record.cgroup,
            NetworkNamespace = record.netns,
            UnixPath = UntilZero(record.path),
            Role = (EndpointRole)record.role,
            FromStart = isFromStart,
            Quiet = isFromStart ? QuietDirections.None : quiet.Take(record.netns, local, remote, (long)record.header.time_ns),
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
