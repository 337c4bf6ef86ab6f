using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>What the running kernel's BTF tells of its abilities.</summary>
internal static unsafe class KernelTypes
{
    private const uint Typedef = 8; // BTF_KIND_TYPEDEF
    private const uint Enumeration = 6; // BTF_KIND_ENUM
    private const uint Function = 12; // BTF_KIND_FUNC

    private static readonly Lazy<bool> Typed = new(() => Find("bpf_rdonly_cast", Function, (_, _) => true));

    /// <summary>Fields can be read by plain loads: kernel 6.2, commit fd264ca020948.</summary>
    public static bool AreTyped => Typed.Value;

    /// <summary>How many arguments a tracepoint has; null: there is none of that name.</summary>
    public static int? CountArguments(string tracepoint) => Find<int?>($"btf_trace_{tracepoint}", Typedef, (btf, type) =>
    {
        // typedef void (*btf_trace_NAME)(void *, ...): the first is not the tracepoint's.
        var pointer = (BtfType*)Libbpf.btf__type_by_id(btf, ((BtfType*)type)->Type);
        var function = (BtfType*)Libbpf.btf__type_by_id(btf, pointer->Type);
        return (int)function->Members - 1;
    });

    /// <summary>The values of an enumeration by their names; none where there is no such.</summary>
    public static Dictionary<uint, string> Values(string enumeration) => Find(enumeration, Enumeration, (btf, at) =>
    {
        var type = (BtfType*)at;
        var values = (BtfEnum*)(type + 1);
        var names = new Dictionary<uint, string>();
        for (uint i = 0; i < type->Members; i++)
            names.TryAdd(values[i].Value, Marshal.PtrToStringUTF8(Libbpf.btf__name_by_offset(btf, values[i].NameOffset)) ?? "");
        return names;
    }) ?? [];

    private static T? Find<T>(string name, uint kind, Func<nint, nint, T> read)
    {
        nint btf = Libbpf.btf__load_vmlinux_btf();
        if (btf == 0) return default;
        try
        {
            int id = Libbpf.btf__find_by_name_kind(btf, name, kind);
            return id > 0 ? read(btf, Libbpf.btf__type_by_id(btf, (uint)id)) : default;
        }
        finally
        {
            Libbpf.btf__free(btf);
        }
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
