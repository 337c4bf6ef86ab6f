using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetProfiler.Capture;

/// <summary>Passes each committed record of a BPF ring buffer to a handler, in order, and frees it. One thread.</summary>
/// <remarks>
/// Layout (kernel/bpf/ringbuf.c): a page with the consumer's position, a page with the producer's, then the data. A record is eight bytes
/// of header (length with a busy and a discard bit, and a page offset for the kernel's own use) and its payload, rounded up to eight. The
/// kernel offers the data twice in a row, so that no record is cut by the end; here it is mapped once, for half the memory, and the one
/// record per round that wraps is reassembled in a buffer.
/// </remarks>
internal sealed unsafe class RingBufferReader : IDisposable
{
    private const uint BusyBit = 1u << 31;
    private const uint DiscardBit = 1u << 30;
    private const int HeaderBytes = 8;

    /// <summary>
    /// Space is released in pieces of this size: producers on other CPUs read the consumer's position, and each change costs them a cache
    /// miss.
    /// </summary>
    private const int GiveBackBytes = 64 * 1024;

    private readonly int _fd;
    private readonly nuint _mask;
    private readonly nuint _pageBytes = (nuint)Environment.SystemPageSize;
    private readonly byte[] _wrapped = new byte[128 * 1024];
    private ulong* _consumer;
    private byte* _producerPage;

    public RingBufferReader(int fd, int ringBytes)
    {
        _fd = fd;
        _mask = (nuint)ringBytes - 1;
        _consumer = (ulong*)Map(_pageBytes, Libbpf.ProtRead | Libbpf.ProtWrite, 0);
        _producerPage = (byte*)Map(_pageBytes + (nuint)ringBytes, Libbpf.ProtRead, (nint)_pageBytes);
    }

    /// <summary>Waits until the kernel side wakes this thread (the ring fills) or the timeout expires.</summary>
    public void Wait(int timeoutMilliseconds)
    {
        var descriptor = new Libbpf.PollDescriptor { Fd = _fd, Events = Libbpf.PollIn };
        _ = Libbpf.poll(&descriptor, 1, timeoutMilliseconds);
    }

    /// <summary>Reads the committed records, at most <paramref name="maxRecords"/>; returns the number of records submitted.</summary>
    public int Drain<THandler>(ref THandler handler, int maxRecords)
        where THandler : struct, IRecordHandler
    {
        byte* data = _producerPage + _pageBytes;
        ulong position = *_consumer; // only this thread writes it
        ulong given = position;
        int records = 0;

        while (records < maxRecords)
        {
            // Acquire: makes visible what the producer wrote before it advanced its position (smp_store_release there).
            ulong produced = Volatile.Read(ref *(ulong*)_producerPage);
            if (position >= produced) break;

            byte* header = data + ((nuint)position & _mask);
            uint length = Volatile.Read(ref *(uint*)header);
            if ((length & BusyBit) != 0) break; // reserved, not committed yet: all records before it have been read

            int payload = (int)(length & ~DiscardBit);
            if ((length & DiscardBit) == 0) handler.Accept(Payload(data, (nuint)position + HeaderBytes, payload));
            position += (ulong)((payload + HeaderBytes + 7) & ~7);
            records++;

            if (position - given >= GiveBackBytes) Volatile.Write(ref *_consumer, given = position);
        }

        // Release: the kernel may overwrite the space only after it has been read.
        if (position != given) Volatile.Write(ref *_consumer, position);
        return records;
    }

    /// <summary>Number of bytes that wait.</summary>
    public long FillBytes => (long)(Volatile.Read(ref *(ulong*)_producerPage) - *_consumer);

    public void Dispose()
    {
        if (_consumer == null) return;
        _ = Libbpf.munmap(_consumer, _pageBytes);
        _ = Libbpf.munmap(_producerPage, _pageBytes + _mask + 1);
        _consumer = null;
        _producerPage = null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Payload(byte* data, nuint position, int length)
    {
        nuint start = position & _mask;
        nuint toEnd = _mask + 1 - start;
        return (nuint)length <= toEnd ? new ReadOnlySpan<byte>(data + start, length) : Join(data, start, (int)toEnd, length);
    }

    private ReadOnlySpan<byte> Join(byte* data, nuint start, int toEnd, int length)
    {
        new ReadOnlySpan<byte>(data + start, toEnd).CopyTo(_wrapped);
        new ReadOnlySpan<byte>(data, length - toEnd).CopyTo(_wrapped.AsSpan(toEnd));
        return _wrapped.AsSpan(0, length);
    }

    private void* Map(nuint length, int protection, nint offset)
    {
        void* address = Libbpf.mmap(null, length, protection, Libbpf.MapShared, _fd, offset);
        if (address == (void*)-1)
            throw new InvalidOperationException($"map the ring buffer: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        return address;
    }
}

/// <summary>Receives one record; the span is valid during the call.</summary>
internal interface IRecordHandler
{
    void Accept(ReadOnlySpan<byte> record);
}
