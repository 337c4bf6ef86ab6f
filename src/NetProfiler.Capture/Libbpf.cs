using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>Declarations of libbpf 1.x (libbpf.so.1), and of the related calls of libc.</summary>
internal static unsafe partial class Libbpf
{
    private const string Library = "libbpf.so.1";
    private const string C = "libc";

    [LibraryImport(Library)]
    internal static partial nint libbpf_set_print(delegate* unmanaged[Cdecl]<int, byte*, nint, int> print);

    [LibraryImport(Library)]
    internal static partial int libbpf_num_possible_cpus();

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint bpf_object__open_mem(byte* buffer, nuint size, nint options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bpf_object__load(nint obj);

    [LibraryImport(Library)]
    internal static partial void bpf_object__close(nint obj);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint bpf_object__find_map_by_name(nint obj, string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint bpf_object__find_program_by_name(nint obj, string name);

    [LibraryImport(Library)]
    internal static partial int bpf_map__fd(nint map);

    [LibraryImport(Library)]
    internal static partial uint bpf_map__value_size(nint map);

    [LibraryImport(Library)]
    internal static partial int bpf_map__set_max_entries(nint map, uint entries);

    [LibraryImport(Library)]
    internal static partial void* bpf_map__initial_value(nint map, out nuint size);

    [LibraryImport(Library)]
    internal static partial int bpf_program__set_autoload(nint program, [MarshalAs(UnmanagedType.U1)] bool autoload);

    [LibraryImport(Library)]
    internal static partial int bpf_program__set_expected_attach_type(nint program, uint type);

    [LibraryImport(Library)]
    internal static partial int bpf_program__set_log_level(nint program, uint level);

    [LibraryImport(Library)]
    internal static partial int bpf_program__fd(nint program);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int bpf_map_create(uint type, string? name, uint keyBytes, uint valueBytes, uint entries, nint options);

    [LibraryImport(Library)]
    internal static partial int libbpf_probe_bpf_map_type(uint type, nint options);

    [LibraryImport(Library)]
    internal static partial int libbpf_probe_bpf_prog_type(uint type, nint options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint bpf_program__attach(nint program);

    [LibraryImport(Library)]
    internal static partial int bpf_link__destroy(nint link);

    [LibraryImport(Library)]
    internal static partial nint btf__load_vmlinux_btf();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int btf__find_by_name_kind(nint btf, string name, uint kind);

    [LibraryImport(Library)]
    internal static partial nint btf__type_by_id(nint btf, uint id);

    [LibraryImport(Library)]
    internal static partial nint btf__name_by_offset(nint btf, uint offset);

    [LibraryImport(Library)]
    internal static partial void btf__free(nint btf);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bpf_map_update_elem(int map, void* key, void* value, ulong flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bpf_map_lookup_elem(int map, void* key, void* value);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bpf_map_delete_elem(int map, void* key);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bpf_map_get_next_key(int map, void* key, void* next);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bpf_map_lookup_batch(int map, void* from, void* next, void* keys, void* values, uint* count, void* options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bpf_obj_get_info_by_fd(int fd, void* info, uint* length);

    [LibraryImport(Library)]
    internal static partial int bpf_prog_test_run_opts(int program, TestRun* options);

    [LibraryImport(C, SetLastError = true)]
    internal static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int munmap(void* address, nuint length);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport(C, SetLastError = true)]
    internal static partial long syscall(long number, long first, void* second, long third);

    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);

    [LibraryImport(C)]
    internal static partial int fstat(int file, void* stat);

    [LibraryImport(C)]
    internal static partial int vsnprintf(byte* buffer, nuint size, byte* format, nint arguments);

    [LibraryImport(C)]
    internal static partial int clock_gettime(int clock, Timespec* time);

    [LibraryImport(C)]
    internal static partial int clock_getres(int clock, Timespec* time);

    /// <summary>struct bpf_test_run_opts.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TestRun
    {
        public nuint Size;
        public void* DataIn;
        public void* DataOut;
        public uint DataInBytes;
        public uint DataOutBytes;
        public void* ContextIn;
        public void* ContextOut;
        public uint ContextInBytes;
        public uint ContextOutBytes;
        public uint Returned;
        public int Repeat;
        public uint Duration;
        public uint Flags;
        public uint Cpu;
        public uint BatchSize;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    internal const int ProtRead = 1;
    internal const int ProtWrite = 2;
    internal const int MapShared = 1;
    internal const short PollIn = 1;
    internal const int ClockRealtime = 0;
    internal const int ClockMonotonic = 1;
    internal const int ClockMonotonicCoarse = 6;
}
