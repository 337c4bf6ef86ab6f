namespace NetProfiler.Node.Report;

/// <summary>Why a file could not be opened, read or written, in the words of the system.</summary>
internal static class FileFault
{
    public static string Of(Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
        UnauthorizedAccessException => "permission denied, or a directory",
        _ => failure.Message,
    };
}
