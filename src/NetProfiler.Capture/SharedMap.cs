using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>An array map of the kernel side, mapped into this process.</summary>
internal sealed unsafe class SharedMap<T> : IDisposable
    where T : unmanaged
{
    private readonly nuint _bytes;
    private T* _values;

    public SharedMap(int mapFd, int count, string name)
    {
        // The kernel maps whole pages (array_map_mmap).
        nuint page = (nuint)Environment.SystemPageSize;
        _bytes = ((nuint)count * (nuint)sizeof(T) + page - 1) / page * page;
        void* address = Libbpf.mmap(null, _bytes, Libbpf.ProtRead | Libbpf.ProtWrite, Libbpf.MapShared, mapFd, 0);
        if (address == (void*)-1)
            throw new InvalidOperationException($"map the {name}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        _values = (T*)address;
        Count = count;
    }

    public int Count { get; }

    public ref T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            ObjectDisposedException.ThrowIf(_values == null, this);
            return ref _values[index];
        }
    }

    public ReadOnlySpan<T> Values
    {
        get
        {
            ObjectDisposedException.ThrowIf(_values == null, this);
            return new ReadOnlySpan<T>(_values, Count);
        }
    }

    public void Dispose()
    {
        if (_values == null) return;
        _ = Libbpf.munmap(_values, _bytes);
        _values = null;
    }
}
