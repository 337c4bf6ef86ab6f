namespace NetProfiler.Capture;

/// <summary>The kernel interface through which data of calls is captured (docs/kernels.md).</summary>
public enum CaptureDoor
{
    /// <summary>The return of every system call of the machine (<c>sys_exit</c>): every kernel.</summary>
    SystemCalls,

    /// <summary>The end of sends and receives on sockets; the call's registers locate the bytes: Linux 6.3.</summary>
    Registers,

    /// <summary>
    /// Same as <see cref="Registers"/>, with the bytes of a send from TCP's own iterator and those of a receive from the packet: Linux
    /// 6.16.
    /// </summary>
    Iterator,
}

/// <summary>The names of the doors on the command line, and the doors that a kernel supports.</summary>
public static class CaptureDoors
{
    public static readonly IReadOnlyDictionary<string, CaptureDoor> ByName = new Dictionary<string, CaptureDoor>(StringComparer.Ordinal)
    {
        ["sys_exit"] = CaptureDoor.SystemCalls,
        ["registers"] = CaptureDoor.Registers,
        ["iterator"] = CaptureDoor.Iterator,
    };

    /// <summary>A description of the door for display.</summary>
    public static string Describe(CaptureDoor door) => door switch
    {
        CaptureDoor.Iterator => "socket tracepoints, with TCP's iterator and the packets' bytes",
        CaptureDoor.Registers => "socket tracepoints, with the registers of calls",
        _ => "system calls",
    };

    /// <summary>Whether the kernel's type information contains what the door requires.</summary>
    public static bool IsOffered(CaptureDoor door) => door switch
    {
        CaptureDoor.Iterator => IsOffered(CaptureDoor.Registers) && KernelTypes.TellOfSends && KernelTypes.HasPacketBytes,
        CaptureDoor.Registers => KernelTypes.AreTyped && KernelTypes.HasSocketLengths,
        _ => true,
    };

    /// <summary>The doors to try on this kernel, best first. The last one is <see cref="CaptureDoor.SystemCalls"/>.</summary>
    internal static IReadOnlyList<CaptureDoor> Candidates(CaptureOptions options)
    {
        if (options.Door is { } forced) return [forced];
        // If programs can be preempted, the backup programs of system calls are required; reads are timed from the entry of system calls.
        if (KernelPrograms.CanBePreempted || options.TimesReads) return [CaptureDoor.SystemCalls];
        return [.. new[] { CaptureDoor.Iterator, CaptureDoor.Registers, CaptureDoor.SystemCalls }.Where(IsOffered)];
    }
}
