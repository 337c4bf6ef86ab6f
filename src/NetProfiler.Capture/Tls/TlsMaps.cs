using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture.Tls;

/// <summary>What user space writes into the kernel side's tables of TLS.</summary>
/// <param name="streams">Descriptor of the table of sessions.</param>
/// <param name="layouts">Descriptor of the table of libraries.</param>
/// <param name="wanted">Descriptor of the switch by which what sessions encrypt is compared with what is sent.</param>
internal sealed unsafe class TlsMaps(int streams, int layouts, int wanted)
{
    /// <summary>Where the sessions of a library keep what is read of them. Before the library is probed.</summary>
    public void Describe(ushort library, SessionLayout layout)
    {
        uint key = library;
        var value = layout.ToKernel();
        _ = Libbpf.bpf_map_update_elem(layouts, &key, &value, 0); // an array's element is there
    }

    /// <summary>Whether transports of any process are probed.</summary>
    public void CompareCiphers(bool isWanted)
    {
        uint key = 0, value = isWanted ? 1u : 0;
        _ = Libbpf.bpf_map_update_elem(wanted, &key, &value, 0);
    }

    /// <summary>Removes sessions of processes that have ended. The library frees those of a process that goes on.</summary>
    public void Sweep()
    {
        TlsKey key, next;
        var gone = new List<TlsKey>();
        for (void* previous = null; Libbpf.bpf_map_get_next_key(streams, previous, &next) == 0; previous = &key)
        {
            key = next;
            if (!Directory.Exists($"/proc/{key.tgid}")) gone.Add(key);
        }

        foreach (var one in gone) _ = Libbpf.bpf_map_delete_elem(streams, &one);
    }
}
