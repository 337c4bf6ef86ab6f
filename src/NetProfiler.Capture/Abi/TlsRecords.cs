using System.Runtime.InteropServices;

namespace NetProfiler.Capture.Abi;

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

[Flags]
internal enum ProcessFlags : byte
{
    None = 0,
    Unbound = 1,
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

/// <summary>The targets whose calls of TLS libraries are traced.</summary>
internal enum TlsScope : byte
{
    None = 0,
    All = 1,

    /// <summary>Those with <see cref="TargetFlags.Tls"/>.</summary>
    Chosen = 2,
}

/// <summary>The key of the kernel side's table of TLS sessions.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TlsKey
{
    public ulong ssl;
    public uint tgid;
    public uint born;
}

/// <summary>Where the sessions of a library keep the randoms of their hellos.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TlsLayout
{
    public ushort pointer_at;
    public ushort server_random_at;
    public ushort client_random_at;
    public ushort padding;
}
