using System.Text;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Recordings;

/// <summary>The content of an Arrival record, which applies to the Data record that follows.</summary>
internal readonly record struct ArrivalNote(long BeforeNanoseconds, uint Length);

/// <summary>Converts the fields of a record to an event; the inverse of <see cref="RecordWriter"/>.</summary>
internal static class RecordReading
{
    public static SocketOpen Open(ref RecordDecoder record)
    {
        ulong connection = record.Number(), socket = record.Number();
        int process = (int)record.Number(int.MaxValue);
        byte role = record.Byte();
        var bits = (OpenBits)record.Byte();
        var local = record.Address();
        var remote = record.Address();
        var name = record.Text();
        var path = record.Text();
        return new SocketOpen
        {
            Connection = connection,
            Socket = socket,
            ProcessId = process,
            ProcessName = name,
            Local = local,
            Remote = remote,
            UnixPath = path,
            Role = (EndpointRole)role,
            FromStart = bits.HasFlag(OpenBits.FromStart),
            Quiet = (QuietDirections)((byte)(bits & (OpenBits.QuietIngress | OpenBits.QuietEgress)) >> 1),
            NetworkNamespace = record.IsAtEnd ? 0 : (uint)record.Number(uint.MaxValue), // absent in early versions
        };
    }

    public static SocketOwner Owner(ref RecordDecoder record)
    {
        int process = (int)record.Number(int.MaxValue);
        uint networkNamespace = (uint)record.Number(uint.MaxValue);
        var name = record.Text();
        var local = record.Address();
        return new SocketOwner
        {
            ProcessId = process,
            ProcessName = name,
            NetworkNamespace = networkNamespace,
            Local = local,
            Remote = record.Byte() == 0 ? null : record.Address(),
        };
    }

    public static SocketStream Stream(ref RecordDecoder record, ref long timeNanoseconds)
    {
        ulong connection = record.Number(), carrier = record.Number();
        int process = (int)record.Number(int.MaxValue);
        bool isFromStart = record.Byte() != 0;
        timeNanoseconds += record.Signed();
        string version = Encoding.UTF8.GetString(record.Text()), library = Encoding.UTF8.GetString(record.Text());
        return new SocketStream
        {
            Connection = connection,
            Carrier = carrier,
            ProcessId = process,
            FromStart = isFromStart,
            TimeNanoseconds = timeNanoseconds,
            Tls = new TlsSession(version.Length == 0 ? null : version, library),
        };
    }

    public static SocketStreamEnd StreamEnd(ref RecordDecoder record, ref long timeNanoseconds)
    {
        ulong connection = record.Number();
        bool isLost = record.Byte() != 0;
        timeNanoseconds += record.Signed();
        return new SocketStreamEnd(connection, timeNanoseconds, isLost, (uint)record.Number(uint.MaxValue),
            (uint)record.Number(uint.MaxValue));
    }

    /// <summary>How long before the return of a read its bytes were ready, and how many of them.</summary>
    public static ArrivalNote Arrival(ref RecordDecoder record) =>
        new((long)record.Number(long.MaxValue / 2), (uint)record.Number(uint.MaxValue));

    public static SocketTally Tally(ref RecordDecoder record, ref long timeNanoseconds)
    {
        ulong connection = record.Number();
        byte end = record.Byte();
        timeNanoseconds += record.Signed();
        return new SocketTally
        {
            Connection = connection,
            End = (ConnectionEnd)end,
            TimeNanoseconds = timeNanoseconds,
            SetupNanoseconds = (long)record.Number(long.MaxValue),
            ReadCalls = (uint)record.Number(uint.MaxValue),
            WriteCalls = (uint)record.Number(uint.MaxValue),
            ReadBytes = (long)record.Number(long.MaxValue),
            WriteBytes = (long)record.Number(long.MaxValue),
            ReadNanoseconds = (long)record.Number(long.MaxValue),
            WriteNanoseconds = (long)record.Number(long.MaxValue),
            RoundTripMicroseconds = (uint)record.Number(uint.MaxValue),
            Retransmissions = (uint)record.Number(uint.MaxValue),
            ZeroWindows = (uint)record.Number(uint.MaxValue),
            SendBufferNanoseconds = (long)record.Number(long.MaxValue),
            PeerWindowNanoseconds = (long)record.Number(long.MaxValue),
        };
    }

    public static SocketData Data(ref RecordDecoder record, ref long timeNanoseconds, ArrivalNote? arrival = null)
    {
        ulong connection = record.Number();
        var bits = (DataBits)record.Byte();
        var call = (SocketCall)record.Byte();
        var uncaptured = (Uncaptured)record.Byte();
        int process = (int)record.Number(int.MaxValue);
        timeNanoseconds += record.Signed();
        ulong started = record.Number();
        uint position = (uint)record.Number(uint.MaxValue), length = (uint)record.Number(uint.MaxValue),
            offset = (uint)record.Number(uint.MaxValue);
        uint roundTrip = (uint)record.Number(uint.MaxValue), retransmissions = (uint)record.Number(uint.MaxValue);
        bool hasOpposite = bits.HasFlag(DataBits.Opposite);
        uint taken = hasOpposite ? (uint)record.Number(uint.MaxValue) : 0;
        uint there = hasOpposite ? unchecked(taken + (uint)record.Number(uint.MaxValue)) : 0;
        return new SocketData
        {
            Connection = connection,
            Direction = bits.HasFlag(DataBits.Egress) ? Direction.Egress : Direction.Ingress,
            IsContinued = bits.HasFlag(DataBits.Continued),
            Call = call,
            Uncaptured = uncaptured,
            ProcessId = process,
            TimeNanoseconds = timeNanoseconds,
            StartNanoseconds = started == 0 ? 0 : timeNanoseconds - (long)(started - 1),
            ArrivedNanoseconds = arrival is null ? 0 : timeNanoseconds - arrival.Value.BeforeNanoseconds,
            ArrivedLength = arrival is null ? 0 : arrival.Value.Length,
            Position = position,
            Length = length,
            Offset = offset,
            RoundTripMicroseconds = roundTrip,
            Retransmissions = retransmissions,
            HasOpposite = hasOpposite,
            OppositeTaken = taken,
            OppositeThere = there,
            Bytes = record.Rest(),
        };
    }

    /// <summary>Whether the captured bytes are within the moved bytes.</summary>
    public static bool IsConsistent(in SocketData data) => data.Offset + (ulong)data.Bytes.Length <= data.Length;
}
