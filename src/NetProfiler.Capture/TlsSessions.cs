using System.Globalization;
using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>What the kernel side keeps of TLS sessions and of calls on them, where no call of the library removes it.</summary>
/// <param name="streams">Descriptor of the map of sessions.</param>
/// <param name="calls">libbpf's object of the map of calls.</param>
internal sealed unsafe class TlsSessions(int streams, nint calls)
{
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
