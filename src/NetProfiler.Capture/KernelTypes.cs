namespace NetProfiler.Capture;

/// <summary>What the running kernel's BTF tells of its abilities.</summary>
internal static class KernelTypes
{
    private const uint FunctionKind = 12; // BTF_KIND_FUNC

    private static readonly Lazy<bool> Typed = new(() => HasFunction("bpf_rdonly_cast"));

    /// <summary>Fields can be read by plain loads: kernel 6.2, commit fd264ca020948.</summary>
    public static bool AreTyped => Typed.Value;

    private static bool HasFunction(string name)
    {
        nint btf = Libbpf.btf__load_vmlinux_btf();
        if (btf == 0) return false;
        int id = Libbpf.btf__find_by_name_kind(btf, name, FunctionKind);
        Libbpf.btf__free(btf);
        return id > 0;
    }
}
