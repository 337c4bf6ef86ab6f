using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetProfiler.Capture.Abi;

// Mirrors bpf/capture.h, in the same order and with the same names; a test compares both with the object's BTF.

internal enum RecordType : byte
{
    Open = 1,
    Data = 2,
    End = 3,
    Close = 4,
    Exit = 5,
    Owner = 6,
    Drop = 7,
    Staged = 8,
    Stream = 9,
    StreamEnd = 10,
    Process = 11,
}

[Flags]
internal enum OpenFlags : byte
{
    None = 0,
    FromStart = 1,
    OwnerChanged = 2,
}

[Flags]
internal enum PartFlags : byte
{
    None = 0,
    Continued = 64,
    Opposite = 128,
}

[Flags]
internal enum StreamFlags : byte
{
    None = 0,
    FromStart = 1,
}

[Flags]
internal enum StreamEndFlags : byte
{
    None = 0,
    Lost = 1,
}

/// <summary>What is read of a process.</summary>
[Flags]
internal enum TargetFlags : byte
{
    None = 0,
    Calls = 1,
    Tls = 2,
}

internal enum TlsScope : byte
{
    None = 0,
    All = 1,
    Chosen = 2,
}

[Flags]
internal enum EndFlags : byte
{
    None = 0,
    Held = 1,
}

[StructLayout(LayoutKind.Sequential)]
internal struct CaptureConfig
{
    public uint self_tgid;
    public uint all_processes;
    public uint match_ports;
    public uint match_comms;
    public uint match_cgroups;
    public uint socket_layer;
    public uint read_tls;
    public uint capture_bytes;
    public ulong wakeup_bytes;
    public ulong pressed_bytes;
}

[StructLayout(LayoutKind.Sequential)]
internal struct RecordHeader
{
    public RecordType type;
    public byte direction;
    public byte call;
    public byte flags;
    public uint tgid;
    public ulong connection;
    public ulong time_ns;
}

[StructLayout(LayoutKind.Sequential)]
internal struct OpenRecord
{
    public RecordHeader header;
    public ulong socket;
    public ulong cgroup;
    public uint inode;
    public ushort family;
    public ushort local_port;
    public ushort remote_port;
    public byte role;
    public byte padding;
    public uint netns;
    public Address local_address;
    public Address remote_address;
    public CommName comm;
    public UnixPath path;
    public uint padding2;

    [InlineArray(16)]
    public struct Address
    {
        private byte _element;
    }

    [InlineArray(Limits.CommLength)]
    public struct CommName
    {
        private byte _element;
    }

    [InlineArray(Limits.UnixPathLength)]
    public struct UnixPath
    {
        private byte _element;
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct DataRecord
{
    public RecordHeader header;
    public ulong began_ns;
    public uint position;
    public uint length;
    public uint captured;
    public uint offset;
    public uint srtt_us;
    public uint retransmissions;
    public uint arrived_length;
    public uint opposite_taken;
    public uint opposite_there;
    public uint staged_by;
}

[StructLayout(LayoutKind.Sequential)]
internal struct TallyRecord
{
    public ulong latest_ns;
    public ulong setup_ns;
    public ulong bytes_ingress;
    public ulong bytes_egress;
    public ulong time_ns_ingress;
    public ulong time_ns_egress;
    public uint calls_ingress;
    public uint calls_egress;
    public uint srtt_us;
    public uint retransmissions;
    public uint zero_windows;
    public uint sndbuf_limited;
    public uint rwnd_limited;
    public uint padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct CloseRecord
{
    public RecordHeader header;
    public TallyRecord tally;
}

[StructLayout(LayoutKind.Sequential)]
internal struct DropRecord
{
    public RecordHeader header;
    public uint reason;
    public uint padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct StreamRecord
{
    public RecordHeader header;
    public ulong carrier;
    public uint version;
    public ushort library;
    public ushort padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct StreamEndRecord
{
    public RecordHeader header;
    public uint position_ingress;
    public uint position_egress;
}

[StructLayout(LayoutKind.Sequential)]
internal struct OwnerRecord
{
    public RecordHeader header;
    public ulong cgroup;
    public uint netns;
    public ushort family;
    public ushort local_port;
    public ushort remote_port;
    public byte is_listening;
    public byte padding;
    public OpenRecord.Address local_address;
    public OpenRecord.Address remote_address;
    public OpenRecord.CommName comm;
    public uint padding2;
}

[StructLayout(LayoutKind.Sequential)]
internal struct Verdict
{
    public ulong connection;
    public uint skip_until_ingress;
    public uint skip_until_egress;
    public uint skipping;
    public uint ignored;
}

/// <summary>The key of the kernel side's map of TLS sessions.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TlsKey
{
    public ulong ssl;
    public uint tgid;
    public uint born;
}

/// <summary>The value of the kernel's connection map, restricted to the fields that user space reads.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelConnection
{
    public ulong id;
    public TallyRecord tally;
    public ushort family;
    public Rest rest;

    [InlineArray(126)]
    public struct Rest
    {
        private byte _element;
    }
}

/// <summary>The per-CPU state of the kernel side, restricted to the fields that user space reads.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelCpu
{
    public ulong events;
    public Rest rest;

    [InlineArray(7)]
    public struct Rest
    {
        private ulong _element;
    }
}

internal static class Limits
{
    public const int CommLength = 16;
    public const int UnixPathLength = 108;
    public const int MaxCaptureBytes = 65536;
    public const int VerdictSlots = 65536;
    public const int CallSlots = 262144;
    public const int SocketCallSlots = 32768;
    public const int MaxOlderUnix = 131072;
    public const int TlsCallSlots = 65536;
    public const int MaxTlsStreams = 65536;
    public const int MaxProcessIds = 4194304;
    public const int Interrupters = 3;

    /// <summary>Same as verdict_slot in bpf/plan.h.</summary>
    public static int VerdictSlot(ulong connection) =>
        (int)(unchecked(connection * 0x9E3779B97F4A7C15UL) >> 48) & (VerdictSlots - 1);
}
