using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Abi;

namespace NetProfiler.Capture;

/// <summary>
/// Reads the tallies of connections from the kernel's map, and triggers the kernel side's check for unix connections whose end was missed.
/// Ring-buffer thread only.
/// </summary>
/// <remarks>Reads in batches (kernel 5.6): an iteration takes one system call per 512 connections, and one if there are none.</remarks>
internal sealed unsafe class TallyReader(int connectionsFd, int sweepFd)
{
    private const int BatchConnections = 512;
    private const int Unix = 1; // AF_UNIX

    private readonly ulong[] _keys = new ulong[BatchConnections];
    private readonly KernelConnection[] _values = new KernelConnection[BatchConnections];

    // A call may return during the iteration: tallies from shortly before are reported again, which adds nothing.
    private const long OverlapNanoseconds = 100_000_000;

    private long _readNanoseconds;

    /// <summary>Submits the tally of each connection with a call since the last time.</summary>
    public void Read(ISocketEventHandler handler)
    {
        long now = MonotonicClock.Nanoseconds;
        uint position = 0, next = 0;
        bool isFirst = true, isLast = false;
        fixed (ulong* keys = _keys)
        fixed (KernelConnection* values = _values)
        {
            while (!isLast)
            {
                uint count = BatchConnections;
                isLast = Libbpf.bpf_map_lookup_batch(connectionsFd, isFirst ? null : &position, &next, keys, values, &count, null) != 0;
                if (isLast && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != NoEntry) break;
                for (uint i = 0; i < count; i++)
                {
                    ref readonly var tally = ref values[i].tally;
                    if ((long)tally.latest_ns >= _readNanoseconds - OverlapNanoseconds && tally.latest_ns != 0)
                        handler.OnTally(EventDecoder.Tally(values[i].id, now, ConnectionEnd.None, tally));
                    if (values[i].family == Unix) Sweep(keys[i]);
                }

                position = next;
                isFirst = false;
            }
        }

        _readNanoseconds = now;
    }

    // The context is that of the program's tracepoint: its first argument.
    private void Sweep(ulong key)
    {
        var run = new Libbpf.TestRun { Size = (nuint)sizeof(Libbpf.TestRun), ContextIn = &key, ContextInBytes = sizeof(ulong) };
        _ = Libbpf.bpf_prog_test_run_opts(sweepFd, &run);
    }

    private const int NoEntry = 2; // ENOENT: the end of the iteration
}
