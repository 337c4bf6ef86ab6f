using System.Runtime.InteropServices;

namespace NetProfiler.Node.Output;

/// <summary>The system's message for why a file could not be opened, read or written.</summary>
internal static class FileFault
{
    private const int MaxErrorNumber = 4096;

    public static string Of(Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
        UnauthorizedAccessException => "permission denied, or a directory",
        IOException { HResult: > 0 and < MaxErrorNumber and var number } => Lower(Marshal.GetPInvokeErrorMessage(number)),
        _ => failure.Message,
    };

    private static string Lower(string message) => message.Length == 0 ? message : char.ToLowerInvariant(message[0]) + message[1..];
}
