using System.Runtime.InteropServices;

namespace NetProfiler.Node.Output;

/// <summary>Standard output with the usual semantics: writes continue where the last one ended, and a closed pipe is an error.</summary>
/// <remarks>
/// The console's own stream does not report a closed pipe. A FileStream keeps a position of its own and overwrites what others have written
/// to the same file since it was opened (<c>{ netprofiler replay a; netprofiler replay b; } &gt; both</c>).
/// </remarks>
internal sealed partial class StandardOutput : Stream
{
    private const int Descriptor = 1;
    private const int Interrupted = 4;
    private const int BrokenPipe = 32;

    /// <summary>The name of the file behind standard output, for messages.</summary>
    public static string Name
    {
        get
        {
            try
            {
                return File.ResolveLinkTarget($"/proc/self/fd/{Descriptor}", returnFinalTarget: false) is { FullName: var name }
                    && File.Exists(name)
                    ? name : "standard output";
            }
            catch (IOException)
            {
                return "standard output";
            }
        }
    }

    /// <summary>Whether the reader has closed the pipe, which is an ordinary end.</summary>
    public static bool IsClosedPipe(IOException failure) => failure.HResult == BrokenPipe;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = write(Descriptor, in MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
            if (written >= 0) buffer = buffer[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var error and not Interrupted)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, in byte buffer, nuint count);
}
