namespace NetProfiler.Capture;

/// <summary>Where the kernel side sees what calls move (docs/kernels.md).</summary>
public enum CaptureDoor
{
    /// <summary>As every system call of the machine returns (<c>sys_exit</c>): every kernel.</summary>
    SystemCalls,

    /// <summary>At the end of sends and receives on sockets, whose bytes the call's registers locate: Linux 6.3.</summary>
    Registers,

    /// <summary>The same, with the bytes of a send from TCP's own iterator and those of a receive from the packet: Linux 6.16.</summary>
    Iterator,
}

/// <summary>The names of the doors on the command line, and which of them a kernel has.</summary>
public static class CaptureDoors
{
    public static readonly IReadOnlyDictionary<string, CaptureDoor> ByName = new Dictionary<string, CaptureDoor>(StringComparer.Ordinal)
    {
        ["sys_exit"] = CaptureDoor.SystemCalls,
        ["registers"] = CaptureDoor.Registers,
        ["iterator"] = CaptureDoor.Iterator,
    };

    /// <summary>What a door is, for people.</summary>
    public static string Describe(CaptureDoor door) => door switch
    {
        CaptureDoor.Iterator => "socket tracepoints, with TCP's iterator and the packets' bytes",
        CaptureDoor.Registers => "socket tracepoints, with the registers of calls",
        _ => "system calls",
    };

    /// <summary>Whether the kernel's type information has what the door needs.</summary>
    public static bool IsOffered(CaptureDoor door) => door switch
    {
        CaptureDoor.Iterator => IsOffered(CaptureDoor.Registers) && KernelTypes.TellOfSends && KernelTypes.HasPacketBytes,
        CaptureDoor.Registers => KernelTypes.AreTyped && KernelTypes.HasSocketLengths,
        _ => true,
    };

    /// <summary>The doors to try on this kernel, the best first. The last one is that of system calls.</summary>
    internal static IReadOnlyList<CaptureDoor> Candidates(CaptureOptions options)
    {
        if (options.Door is { } forced) return [forced];
        // Programs that can be preempted need the second ones of system calls; calls are timed from their entry.
        if (KernelPrograms.CanBePreempted || options.TimesReads) return [CaptureDoor.SystemCalls];
        return [.. new[] { CaptureDoor.Iterator, CaptureDoor.Registers, CaptureDoor.SystemCalls }.Where(IsOffered)];
    }
}
