using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>The running kernel's words for why it drops a packet: enum skb_drop_reason of its BTF.</summary>
internal static unsafe class DropReasons
{
    private const uint Typedef = 8; // BTF_KIND_TYPEDEF
    private const uint Enumeration = 6; // BTF_KIND_ENUM
    private const string Prefix = "SKB_DROP_REASON_";

    private static readonly Lazy<Kernel> Known = new(Read);

    /// <summary>The program that sees drops, for what this kernel tells of them; null: it gives no reason, or there is no BTF.</summary>
    public static string? Program => Known.Value switch
    {
        { Names.Count: 0 } => null,
        { Arguments: >= 4 } => "drop_received",
        { Arguments: >= 3 } => "drop",
        _ => null,
    };

    /// <summary>"netfilter_drop"; "other" for what modules add.</summary>
    public static string NameOf(uint reason) => Known.Value.Names.GetValueOrDefault(reason, "other");

    private sealed record Kernel(Dictionary<uint, string> Names, int Arguments);

    private static Kernel Read()
    {
        var names = new Dictionary<uint, string>();
        nint btf = Libbpf.btf__load_vmlinux_btf();
        if (btf == 0) return new Kernel(names, 0);
        try
        {
            ReadNames(btf, names);
            return new Kernel(names, CountArguments(btf));
        }
        finally
        {
            Libbpf.btf__free(btf);
        }
    }

    private static void ReadNames(nint btf, Dictionary<uint, string> names)
    {
        int id = Libbpf.btf__find_by_name_kind(btf, "skb_drop_reason", Enumeration);
        if (id <= 0) return;
        var type = (BtfType*)Libbpf.btf__type_by_id(btf, (uint)id);
        var values = (BtfEnum*)(type + 1);
        for (uint i = 0; i < type->Members; i++)
        {
            string name = Marshal.PtrToStringUTF8(Libbpf.btf__name_by_offset(btf, values[i].NameOffset)) ?? "";
            names.TryAdd(values[i].Value, (name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name).ToLowerInvariant());
        }
    }

    // typedef void (*btf_trace_kfree_skb)(void *, struct sk_buff *, ...): the first is not the tracepoint's.
    private static int CountArguments(nint btf)
    {
        int id = Libbpf.btf__find_by_name_kind(btf, "btf_trace_kfree_skb", Typedef);
        if (id <= 0) return 0;
        var pointer = (BtfType*)Libbpf.btf__type_by_id(btf, ((BtfType*)Libbpf.btf__type_by_id(btf, (uint)id))->Type);
        var function = (BtfType*)Libbpf.btf__type_by_id(btf, pointer->Type);
        return (int)function->Members - 1;
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
