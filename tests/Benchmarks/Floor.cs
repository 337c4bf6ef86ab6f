using NetProfiler.Capture;

namespace NetProfiler.Benchmarks;

/// <summary>A program on sys_exit that does nothing: what looking at all costs at least.</summary>
internal sealed unsafe class EmptyProgram : IDisposable
{
    private readonly nint _object;
    private readonly nint _link;

    private EmptyProgram(nint obj, nint link) => (_object, _link) = (obj, link);

    public static EmptyProgram Attach()
    {
        byte[] image = CaptureSession.ReadObject("capture.bpf.o");
        nint obj;
        fixed (byte* start = image) obj = Libbpf.bpf_object__open_mem(start, (nuint)image.Length, 0);
        nint program = Libbpf.bpf_object__find_program_by_name(obj, "empty_call");
        _ = Libbpf.bpf_program__set_autoload(program, true);
        nint link = Libbpf.bpf_object__load(obj) == 0 ? Libbpf.bpf_program__attach(program) : 0;
        return link != 0 ? new EmptyProgram(obj, link) : throw new InvalidOperationException("the empty program was refused");
    }

    public void Dispose()
    {
        _ = Libbpf.bpf_link__destroy(_link);
        Libbpf.bpf_object__close(_object);
    }
}
