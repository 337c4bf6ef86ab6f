using NetProfiler.Capture;

namespace NetProfiler.Benchmarks;

/// <summary>Kernel programs that do less than the agent's: what cannot be saved.</summary>
internal sealed unsafe class Floor : IDisposable
{
    private const int RingBytes = 32 * 1024 * 1024;

    private readonly List<nint> _links = [];
    private readonly nint _object;
    private volatile bool _isOver;
    private Thread? _reader;

    private Floor(params string[] programs)
    {
        byte[] image = CaptureSession.ReadObject(KernelTypes.AreTyped ? "capture.typed.bpf.o" : "capture.bpf.o");
        fixed (byte* start = image) _object = Libbpf.bpf_object__open_mem(start, (nuint)image.Length, 0);
        int cpus = Libbpf.libbpf_num_possible_cpus();
        _ = Libbpf.bpf_map__set_max_entries(Map("events"), RingBytes);
        _ = Libbpf.bpf_map__set_max_entries(Map("scratches"), (uint)cpus);
        _ = Libbpf.bpf_map__set_max_entries(Map("cpus"), (uint)cpus);
        foreach (string name in programs) _ = Libbpf.bpf_program__set_autoload(Program(name), true);
        if (Libbpf.bpf_object__load(_object) != 0)
            throw new InvalidOperationException($"{string.Join(", ", programs)}: refused by the kernel");
        foreach (string name in programs)
        {
            nint link = Libbpf.bpf_program__attach(Program(name));
            _links.Add(link != 0 ? link : throw new InvalidOperationException($"{name}: cannot be attached"));
        }
    }

    /// <summary>A program on sys_exit that does nothing: what looking at all costs.</summary>
    public static Floor OfLooking() => new("empty_call");

    /// <summary>Programs that do nothing on each hook that calls and segments pass; fewer where the kernel has fewer.</summary>
    public static Floor OfHooks() => KernelTypes.TellOfSends
        ? new("empty_call", "empty_segment", "empty_send")
        : new("empty_call", "empty_segment");

    /// <summary>
    /// A program that copies what a process's calls moved into a ring, which somebody empties; no sockets, no positions, no times.
    /// </summary>
    public static Floor OfCopying(int processId)
    {
        var floor = new Floor("least_call");
        using (var targets = new TargetTable(Libbpf.bpf_map__fd(floor.Map("targets"))))
            targets.Set(processId, TargetFlags.Chosen, TargetFlags.Chosen);
        floor._reader = new Thread(floor.Read) { IsBackground = true };
        floor._reader.Start();
        return floor;
    }

    public void Dispose()
    {
        foreach (nint link in _links) _ = Libbpf.bpf_link__destroy(link);
        _isOver = true;
        _reader?.Join();
        Libbpf.bpf_object__close(_object);
    }

    private void Read()
    {
        using var ring = new RingBufferReader(Libbpf.bpf_map__fd(Map("events")), RingBytes);
        var nobody = new Nobody();
        while (!_isOver)
        {
            ring.Drain(ref nobody, int.MaxValue);
            ring.Wait(2);
        }
    }

    private nint Map(string name) => Libbpf.bpf_object__find_map_by_name(_object, name);

    private nint Program(string name) => Libbpf.bpf_object__find_program_by_name(_object, name);

    private struct Nobody : IRecordHandler
    {
        public readonly void Accept(ReadOnlySpan<byte> record)
        {
        }
    }
}
