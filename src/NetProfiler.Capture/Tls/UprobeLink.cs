using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>
/// Probes of one program on functions of one file, in one process: a BPF link of uprobes (Linux 6.6). Closing it detaches them.
/// </summary>
internal static unsafe class UprobeLink
{
    private const int SystemCallOfBpf = 321; // x86-64
    private const int LinkCreate = 28; // BPF_LINK_CREATE
    private const uint AtReturn = 1; // BPF_F_UPROBE_MULTI_RETURN

    /// <summary>BPF_TRACE_UPROBE_MULTI.</summary>
    public const uint AttachType = 48;

    /// <param name="path">Of the file as this process sees it.</param>
    /// <param name="isReturn">The program runs when the functions return.</param>
    /// <exception cref="ProbeFailedException">The kernel refuses.</exception>
    public static SafeFileHandle Create(int program, string path, ReadOnlySpan<ulong> offsets, ReadOnlySpan<ulong> cookies, bool isReturn,
        int processId)
    {
        fixed (byte* file = Encoding.UTF8.GetBytes(path + "\0"))
        fixed (ulong* offset = offsets)
        fixed (ulong* cookie = cookies)
        {
            var attributes = new Attributes
            {
                Program = (uint)program,
                AttachType = AttachType,
                Path = (ulong)file,
                Offsets = (ulong)offset,
                Cookies = (ulong)cookie,
                Count = (uint)offsets.Length,
                Flags = isReturn ? AtReturn : 0,
                ProcessId = (uint)processId,
            };
            long result = Libbpf.syscall(SystemCallOfBpf, LinkCreate, &attributes, sizeof(Attributes));
            if (result < 0)
                throw new ProbeFailedException(
                    $"probe {path} in process {processId}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            return new SafeFileHandle((nint)result, ownsHandle: true);
        }
    }

    // The member link_create of union bpf_attr, with uprobe_multi.
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public uint Program;
        public uint TargetFd;
        public uint AttachType;
        public uint LinkFlags;
        public ulong Path;
        public ulong Offsets;
        public ulong ReferenceCounters;
        public ulong Cookies;
        public uint Count;
        public uint Flags;
        public uint ProcessId;
        public uint Padding;
    }
}

/// <summary>A TLS library of a process cannot be probed; the message says which and why.</summary>
internal sealed class ProbeFailedException(string message) : Exception(message);
