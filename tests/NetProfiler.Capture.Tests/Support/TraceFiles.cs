namespace NetProfiler.Capture.Tests.Support;

/// <summary>tracefs where libbpf looks for it, mounted while this lives where it was not.</summary>
internal sealed class TraceFiles : IDisposable
{
    private const string Folder = "/sys/kernel/tracing";
    private readonly bool _isOurs = !Directory.Exists("/sys/kernel/debug/tracing") && !Directory.Exists(Folder + "/events");

    public TraceFiles()
    {
        if (_isOurs) Tool.Run("mount", "-t", "tracefs", "none", Folder);
    }

    public void Dispose()
    {
        if (_isOurs) Tool.Run("umount", Folder);
    }
}
