using System.Globalization;
using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture.Tls;

/// <summary>What user space writes into the kernel side's tables of TLS.</summary>
/// <param name="streams">Descriptor of the table of sessions.</param>
/// <param name="calls">libbpf's object of the table of calls on sessions.</param>
/// <param name="layouts">Descriptor of the table of libraries.</param>
/// <param name="wanted">Descriptor of the switch by which what sessions encrypt is compared with what is sent.</param>
internal sealed unsafe class TlsMaps(int streams, nint calls, int layouts, int wanted)
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

    /// <summary>
    /// Removes the sessions of processes that have ended, and of the released ones: calls on them are missed, so that their positions would
    /// be wrong when they are read again.
    /// </summary>
    public void Sweep(IReadOnlySet<int> released)
    {
        TlsKey key, next;
        var gone = new List<TlsKey>();
        for (void* previous = null; Libbpf.bpf_map_get_next_key(streams, previous, &next) == 0; previous = &key)
        {
            key = next;
            if (released.Contains((int)key.tgid) || !Directory.Exists($"/proc/{key.tgid}")) gone.Add(key);
        }

        foreach (var one in gone) _ = Libbpf.bpf_map_delete_elem(streams, &one);
        foreach (int process in released) EndCalls(process);
    }

    // A thread may have been in a call when its probes were detached: the return was not seen.
    private void EndCalls(int process)
    {
        int map = Libbpf.bpf_map__fd(calls);
        var value = new byte[Libbpf.bpf_map__value_size(calls)];
        foreach (int thread in ThreadsOf(process))
        {
            uint slot = (uint)thread & (Limits.TlsCallSlots - 1);
            fixed (byte* call = value)
            {
                if (Libbpf.bpf_map_lookup_elem(map, &slot, call) != 0 || *(ulong*)call != ((ulong)process << 32 | (uint)thread)) continue;
                new Span<byte>(call, value.Length).Clear();
                _ = Libbpf.bpf_map_update_elem(map, &slot, call, 0);
            }
        }
    }

    private static IReadOnlyList<int> ThreadsOf(int process)
    {
        try
        {
            return
            [
                .. Directory.EnumerateDirectories($"/proc/{process}/task")
                    .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)),
            ];
        }
        catch (IOException)
        {
            return []; // it has ended
        }
    }
}
