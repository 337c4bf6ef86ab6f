using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>The features of the running kernel, according to its BTF.</summary>
internal static unsafe class KernelTypes
{
    private const uint Typedef = 8; // BTF_KIND_TYPEDEF
    private const uint Enumeration = 6; // BTF_KIND_ENUM
    private const uint Structure = 4; // BTF_KIND_STRUCT
    private const uint Function = 12; // BTF_KIND_FUNC

    // BTF is a few megabytes, which are read once and not kept.
    private static readonly Lazy<Known> All = new(Read);

    /// <summary>Whether fields can be read by plain loads: kernel 6.2, commit fd264ca020948.</summary>
    public static bool AreTyped => All.Value.AreTyped;

    /// <summary>Whether there is a tracepoint tcp_sendmsg_locked: Linux 6.16.</summary>
    public static bool TellOfSends => All.Value.TellOfSends;

    /// <summary>Whether there are tracepoints at the end of every send and receive: Linux 6.3, commit 6e6eda44b939.</summary>
    public static bool HasSocketLengths => All.Value.HasSocketLengths;

    /// <summary>Whether programs may read a packet's bytes: Linux 6.12, commit ffc83860d8c0.</summary>
    public static bool HasPacketBytes => All.Value.HasPacketBytes;

    /// <summary>Whether one link can hold many uprobes of one process: Linux 6.6, commit 89ae89f53d20.</summary>
    public static bool HasUprobeLinks => All.Value.HasUprobeLinks;

    /// <summary>Number of arguments of the tracepoint kfree_skb; 0 if unknown.</summary>
    public static int ArgumentsOfDrop => All.Value.ArgumentsOfDrop;

    /// <summary>The values of enum skb_drop_reason by their names; none before Linux 5.17.</summary>
    public static IReadOnlyDictionary<uint, string> DropReasons => All.Value.DropReasons;

    private sealed record Known(IReadOnlyDictionary<uint, string> DropReasons)
    {
        public bool AreTyped { get; init; }
        public bool TellOfSends { get; init; }
        public bool HasSocketLengths { get; init; }
        public bool HasPacketBytes { get; init; }
        public bool HasUprobeLinks { get; init; }
        public int ArgumentsOfDrop { get; init; }
    }

    private static Known Read()
    {
        nint btf = Libbpf.btf__load_vmlinux_btf();
        if (btf == 0) return new Known(new Dictionary<uint, string>());
        try
        {
            return new Known(Values(btf, "skb_drop_reason"))
            {
                AreTyped = Find(btf, "bpf_rdonly_cast", Function) != null,
                TellOfSends = Find(btf, "btf_trace_tcp_sendmsg_locked", Typedef) != null,
                HasSocketLengths = Find(btf, "btf_trace_sock_send_length", Typedef) != null
                    && Find(btf, "btf_trace_sock_recv_length", Typedef) != null,
                HasPacketBytes = Find(btf, "bpf_dynptr_from_skb", Function) != null,
                HasUprobeLinks = Find(btf, "bpf_uprobe_multi_link", Structure) != null,
                ArgumentsOfDrop = CountArguments(btf, "kfree_skb"),
            };
        }
        finally
        {
            Libbpf.btf__free(btf);
        }
    }

    // typedef void (*btf_trace_NAME)(void *, ...): the first argument does not belong to the tracepoint.
    private static int CountArguments(nint btf, string tracepoint)
    {
        var type = Find(btf, $"btf_trace_{tracepoint}", Typedef);
        if (type == null) return 0;
        var pointer = (BtfType*)Libbpf.btf__type_by_id(btf, type->Type);
        var function = (BtfType*)Libbpf.btf__type_by_id(btf, pointer->Type);
        return (int)function->Members - 1;
    }

    private static Dictionary<uint, string> Values(nint btf, string enumeration)
    {
        var names = new Dictionary<uint, string>();
        var type = Find(btf, enumeration, Enumeration);
        if (type == null) return names;
        var values = (BtfEnum*)(type + 1);
        for (uint i = 0; i < type->Members; i++)
            names.TryAdd(values[i].Value, Marshal.PtrToStringUTF8(Libbpf.btf__name_by_offset(btf, values[i].NameOffset)) ?? "");
        return names;
    }

    private static BtfType* Find(nint btf, string name, uint kind)
    {
        int id = Libbpf.btf__find_by_name_kind(btf, name, kind);
        return id > 0 ? (BtfType*)Libbpf.btf__type_by_id(btf, (uint)id) : null;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct BtfType
    {
        public uint NameOffset;
        public uint Info;
        public uint Type;

        public readonly uint Members => Info & 0xFFFF;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct BtfEnum
    {
        public uint NameOffset;
        public uint Value;
    }
}
